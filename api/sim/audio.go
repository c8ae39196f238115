package sim

import (
	"bytes"
	"encoding/binary"
	"net/http"
	"strings"
)

// audio answers with the sound of a completed recording. It is a second of
// silence, whatever the recording's length, and asks for no credentials.
func (x *exchange) audio() reply {
	sid, mp3 := strings.CutSuffix(x.args[0], ".mp3")
	sid, _ = strings.CutSuffix(sid, ".wav")
	r, ok := x.space.recording(sid)
	if !ok || r.status != completed {
		return x.notFound("Recording")
	}
	if mp3 {
		return reply{status: http.StatusOK, header: http.Header{"Content-Type": {"audio/mpeg"}}, body: silentMP3()}
	}
	return reply{
		status: http.StatusOK,
		header: http.Header{"Content-Type": {"audio/x-wav"}},
		body:   silentWAV(int(r.channels)),
	}
}

// silentWAV makes a second of silence: 8000 samples of 16 bits a channel.
func silentWAV(channels int) []byte {
	const rate = 8000
	frame := 2 * channels
	size := rate * frame
	var b bytes.Buffer
	b.WriteString("RIFF")
	b.Write(binary.LittleEndian.AppendUint32(nil, uint32(36+size)))
	b.WriteString("WAVEfmt ")
	header := binary.LittleEndian.AppendUint32(nil, 16)
	header = binary.LittleEndian.AppendUint16(header, 1) // PCM
	header = binary.LittleEndian.AppendUint16(header, uint16(channels))
	header = binary.LittleEndian.AppendUint32(header, rate)
	header = binary.LittleEndian.AppendUint32(header, uint32(rate*frame))
	header = binary.LittleEndian.AppendUint16(header, uint16(frame))
	header = binary.LittleEndian.AppendUint16(header, 16)
	b.Write(header)
	b.WriteString("data")
	b.Write(binary.LittleEndian.AppendUint32(nil, uint32(size)))
	b.Write(make([]byte, size))
	return b.Bytes()
}

// silentMP3 makes a second of silence: 28 frames of MPEG 2 layer III, mono, 8
// kbit/s at 16 kHz, which are 36 bytes and 36 ms each. A frame of zeros after
// its header holds no sound.
func silentMP3() []byte {
	frame := make([]byte, 36)
	copy(frame, []byte{0xff, 0xf3, 0x18, 0xc4})
	return bytes.Repeat(frame, 28)
}
