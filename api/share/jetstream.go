package share

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
)

// Headers and codes of JetStream that are used here.
const (
	expectedSeq     = "Nats-Expected-Last-Subject-Sequence"
	expectedSubject = "Nats-Expected-Last-Subject-Sequence-Subject"
	ttlHeader       = "Nats-TTL"

	codeNoStream   = 10059
	codeNoMessage  = 10037
	codeNoAccount  = 10039 // JetStream is not enabled for the account
	codeWrongSeq   = 10071 // of one replica
	codeWrongSeqR3 = 10164 // of several
	codeNoReplicas = 10074 // there is no cluster
	codeNoPeers    = 10005 // too few servers for so many replicas
)

// answerTimeout is how long one question to the server may take.
const answerTimeout = 2 * time.Second

// Why a message was not stored.
var (
	errConflict = errors.New("another message is the last one by now")
	errNotSent  = errors.New("it could not be sent")
)

// apiError is an error that JetStream answers with.
type apiError struct {
	Status int    `json:"code"`
	Code   int    `json:"err_code"`
	Text   string `json:"description"`
}

func (e *apiError) Error() string { return fmt.Sprintf("%s (JetStream %d)", short(e.Text), e.Code) }

// jetStream asks a server for what the streams have. The client is not asked to
// do it, as its consumers may not be used: who may make one may have the server
// write to any subject.
type jetStream struct {
	nc  *nats.Conn
	api string // what stands before each question
}

// ask sends a question and reads the answer, which is JSON, into answer.
func (j jetStream) ask(ctx context.Context, what string, question, answer any) error {
	var b []byte
	if question != nil {
		var err error
		if b, err = json.Marshal(question); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	msg, err := j.nc.RequestWithContext(ctx, j.api+"."+what, b)
	if err != nil {
		return err
	}
	var failed struct{ Error *apiError }
	if err := json.Unmarshal(msg.Data, &failed); err != nil {
		return errNotValue
	}
	if failed.Error != nil {
		return failed.Error
	}
	return json.Unmarshal(msg.Data, answer)
}

func hasCode(err error, codes ...int) bool {
	e, ok := errors.AsType[*apiError](err)
	if !ok {
		return false
	}
	for _, c := range codes {
		if e.Code == c {
			return true
		}
	}
	return false
}

// streamConfig is what a stream is made with.
type streamConfig struct {
	Name        string     `json:"name"`
	Subjects    []string   `json:"subjects"`
	Retention   string     `json:"retention"`
	MaxMsgs     int64      `json:"max_msgs"`
	MaxBytes    int64      `json:"max_bytes"`
	MaxAge      int64      `json:"max_age"` // ns
	PerSubject  int64      `json:"max_msgs_per_subject"`
	MaxSize     int32      `json:"max_msg_size"`
	Discard     string     `json:"discard"`
	Storage     string     `json:"storage"`
	Replicas    int        `json:"num_replicas"`
	AllowDirect bool       `json:"allow_direct"`
	AllowTTL    bool       `json:"allow_msg_ttl"`
	Republish   *republish `json:"republish,omitempty"`

	// A stream that has one of these is not as tapedeck makes it.
	Mirror    json.RawMessage `json:"mirror,omitempty"`
	Sources   json.RawMessage `json:"sources,omitempty"`
	Transform json.RawMessage `json:"subject_transform,omitempty"`
}

type republish struct {
	Source string `json:"src,omitempty"`
	Dest   string `json:"dest"`
}

// streamInfo is what the server says of a stream.
type streamInfo struct {
	Config  streamConfig `json:"config"`
	Created time.Time    `json:"created"`
	State   struct {
		Last uint64 `json:"last_seq"`
	} `json:"state"`
	Cluster *struct {
		Name     string `json:"name"`
		Leader   string `json:"leader"`
		Replicas []struct {
			Name    string `json:"name"`
			Current bool   `json:"current"`
			Offline bool   `json:"offline"`
		} `json:"replicas"`
	} `json:"cluster"`
	Now time.Time `json:"ts"`
}

func (j jetStream) info(ctx context.Context, stream string) (info streamInfo, err error) {
	err = j.ask(ctx, "STREAM.INFO."+stream, nil, &info)
	return info, err
}

func (j jetStream) create(ctx context.Context, c streamConfig) (info streamInfo, err error) {
	err = j.ask(ctx, "STREAM.CREATE."+c.Name, c, &info)
	return info, err
}

// stored is a message of a stream.
type stored struct {
	seq     uint64
	subject string
	data    []byte
	at      time.Time     // the server's clock
	age     time.Duration // by that clock, when it was read; 0 for what has just been stored
}

// last returns the last message of the subjects that a filter has, as the leader
// knows it; ok is false where there is none.
func (j jetStream) last(ctx context.Context, stream, filter string) (m stored, ok bool, err error) {
	return j.get(ctx, stream, map[string]any{"last_by_subj": filter})
}

// next returns the first message from a sequence on, as the leader knows it; ok
// is false where there is none.
func (j jetStream) next(ctx context.Context, stream string, from uint64) (m stored, ok bool, err error) {
	return j.get(ctx, stream, map[string]any{"seq": max(from, 1), "next_by_subj": ">"})
}

func (j jetStream) get(ctx context.Context, stream string, which map[string]any) (m stored, ok bool, err error) {
	var answer struct {
		Message struct {
			Subject string    `json:"subject"`
			Seq     uint64    `json:"seq"`
			Data    []byte    `json:"data"`
			Time    time.Time `json:"time"`
		} `json:"message"`
	}
	err = j.ask(ctx, "STREAM.MSG.GET."+stream, which, &answer)
	switch {
	case hasCode(err, codeNoMessage):
		return m, false, nil
	case err != nil:
		return m, false, err
	}
	a := answer.Message
	return stored{seq: a.Seq, subject: a.Subject, data: a.Data, at: a.Time}, true, nil
}

// readBatch is how many messages are asked for at once.
const readBatch = 256

// read calls f with the messages of a stream from a sequence on, in order, until
// there are no more for now, or f returns false.
func (j jetStream) read(ctx context.Context, stream string, from uint64, f func(stored) bool) error {
	inbox := j.nc.NewInbox()
	sub, err := j.nc.SubscribeSync(inbox)
	if err != nil {
		return err
	}
	defer func() { _ = sub.Unsubscribe() }()
	for more := true; more && err == nil; {
		question := fmt.Appendf(nil, `{"seq":%d,"batch":%d}`, max(from, 1), readBatch)
		if err = j.nc.PublishRequest(j.api+".DIRECT.GET."+stream, inbox, question); err != nil {
			return err
		}
		began := from
		if from, more, err = j.batch(ctx, sub, from, f); err == nil && more && from == began {
			from, more, err = j.one(ctx, stream, from, f) // its headers cannot be read
		}
	}
	return err
}

// one reads one message from a sequence on, in another way.
func (j jetStream) one(ctx context.Context, stream string, from uint64, f func(stored) bool) (next uint64, more bool, err error) {
	m, ok, err := j.next(ctx, stream, from)
	if err != nil || !ok {
		return from, false, err
	}
	return m.seq + 1, f(m), nil
}

// batch reads the answers to one question, and returns the sequence to go on
// from. A message with headers of its own that look like the server's is told by
// the server's, which stand behind them.
func (j jetStream) batch(ctx context.Context, sub *nats.Subscription, from uint64, f func(stored) bool) (next uint64, more bool, err error) {
	for {
		msg, err := nextMsg(ctx, sub)
		if err != nil {
			return from, false, err
		}
		if m, ok := storedOf(msg); ok {
			if m.seq < from {
				return from, false, errNotValue
			}
			if from = m.seq + 1; !f(m) {
				return from, false, nil
			}
			continue
		}
		switch status := msg.Header.Get("Status"); status {
		case "": // its headers cannot be read
		case "204": // the end of the batch
			return from, msg.Header.Get("Nats-Num-Pending") != "0", nil
		case "404":
			return from, false, nil
		case "503":
			return from, false, nats.ErrNoResponders
		default:
			return from, false, fmt.Errorf("the server answers %s %s", short(status), short(msg.Header.Get("Description")))
		}
	}
}

func nextMsg(ctx context.Context, sub *nats.Subscription) (*nats.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	msg, err := sub.NextMsgWithContext(ctx)
	return msg, err
}

// storedOf returns the message that was sent with the headers of a stored one.
func storedOf(msg *nats.Msg) (m stored, ok bool) {
	seq, err := strconv.ParseUint(lastHeader(msg, "Nats-Sequence"), 10, 64)
	at, _ := time.Parse(time.RFC3339Nano, lastHeader(msg, "Nats-Time-Stamp"))
	m = stored{seq: seq, subject: lastHeader(msg, "Nats-Subject"), data: msg.Data, at: at}
	return m, err == nil && seq > 0 && m.subject != ""
}

// lastHeader returns the last value of a header: the server's, where the writer
// of a message put one of the same name there.
func lastHeader(msg *nats.Msg, name string) string {
	if list := msg.Header[name]; len(list) > 0 {
		return list[len(list)-1]
	}
	return ""
}

// expect has a message stored only when the last one of the subjects of filter
// has this sequence; 0 when there is to be none.
func expect(msg *nats.Msg, seq uint64, filter string) *nats.Msg {
	msg.Header.Set(expectedSeq, strconv.FormatUint(seq, 10))
	msg.Header.Set(expectedSubject, filter)
	return msg
}

// publish has a message stored, and returns its sequence. The error is
// errConflict, an *apiError, or errNotSent when it is not stored; with any other
// it may be, or may be later.
func (j jetStream) publish(ctx context.Context, msg *nats.Msg) (seq uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	answer, err := j.nc.RequestMsgWithContext(ctx, msg)
	return acknowledged(answer, err)
}

// acknowledged reads the answer to a message that was to be stored.
func acknowledged(answer *nats.Msg, err error) (seq uint64, _ error) {
	switch {
	case errors.Is(err, nats.ErrReconnectBufExceeded), errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, nats.ErrNoResponders):
		return 0, fmt.Errorf("%w: %w", errNotSent, err)
	case err != nil:
		return 0, err
	case answer.Header.Get("Status") == "503":
		return 0, fmt.Errorf("%w: %w", errNotSent, nats.ErrNoResponders)
	}
	var ack struct {
		Seq   uint64    `json:"seq"`
		Error *apiError `json:"error"`
	}
	if err := json.Unmarshal(answer.Data, &ack); err != nil {
		return 0, errNotValue
	}
	switch {
	case hasCode(asError(ack.Error), codeWrongSeq, codeWrongSeqR3):
		return 0, errConflict
	case ack.Error != nil:
		return 0, ack.Error
	}
	return ack.Seq, nil
}

func asError(e *apiError) error {
	if e == nil {
		return nil
	}
	return e
}

// publishAll has messages stored, all of them under way at once, and returns for
// each its sequence or the error of publish.
func (j jetStream) publishAll(ctx context.Context, msgs []*nats.Msg) (seqs []uint64, errs []error) {
	seqs, errs = make([]uint64, len(msgs)), make([]error, len(msgs))
	fill := func(err error, from int) {
		for i := from; i < len(errs); i++ {
			errs[i] = err
		}
	}
	inbox := j.nc.NewInbox()
	sub, err := j.nc.SubscribeSync(inbox + ".*")
	if err != nil {
		fill(fmt.Errorf("%w: %w", errNotSent, err), 0)
		return seqs, errs
	}
	defer func() { _ = sub.Unsubscribe() }()
	waiting := 0
	for i, msg := range msgs {
		msg.Reply = inbox + "." + strconv.Itoa(i)
		if err := j.nc.PublishMsg(msg); err != nil {
			fill(fmt.Errorf("%w: %w", errNotSent, err), i)
			break
		}
		errs[i] = context.DeadlineExceeded
		waiting++
	}
	for ; waiting > 0; waiting-- {
		answer, err := nextMsg(ctx, sub)
		if err != nil {
			break
		}
		i, err := strconv.Atoi(answer.Subject[len(inbox)+1:])
		if err != nil || i < 0 || i >= len(msgs) {
			continue
		}
		seqs[i], errs[i] = acknowledged(answer, nil)
	}
	return seqs, errs
}
