package sim

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// areaCodes are those of the telephone numbers; all have 555-0100 to 555-0199,
// which are reserved for fiction.
var areaCodes = []string{"212", "213", "303", "310", "312", "404", "415", "512", "617", "646", "702", "808"}

// abroad are numbers reserved for fiction in other countries.
var abroad = []string{"+442079460018", "+442079460147", "+441614960233", "+61255501234"}

// abroadFormatted are the numbers of abroad as they are written there.
var abroadFormatted = map[string]string{
	"+442079460018": "+44 20 7946 0018",
	"+442079460147": "+44 20 7946 0147",
	"+441614960233": "+44 161 496 0233",
	"+61255501234":  "+61 2 5550 1234",
}

// addresses are parties that have no telephone number.
var addresses = []string{
	"sip:agent7@support.example.com", "sip:agent12@support.example.com", "sip:frontdesk@pbx.example.net",
	"sip:+13105550171@trunk.example.net;transport=tls", "client:maria", "client:night-desk", "client:q&a-line",
}

// rooms are names of conferences.
var rooms = []string{
	"Billing escalation", "Tier 2 handover", "Onboarding: new account", "Q&A with product", "Returns desk",
	"Fraud review", "Outage bridge", "Contract renewal", "Interpreter, Spanish", "Supervisor coaching",
	"Claims intake", "Delivery exception", "Daily stand-up", "Cancellation desk", "Partner onboarding",
	"Réclamations Québec", "Loyalty program", "Technical triage",
}

// fictionalNumbers lists all telephone numbers of areaCodes.
func fictionalNumbers() []string {
	numbers := make([]string, 0, len(areaCodes)*100)
	for _, area := range areaCodes {
		for line := range 100 {
			numbers = append(numbers, fmt.Sprintf("+1%s55501%02d", area, line))
		}
	}
	return numbers
}

// formatted returns a party as people write it.
func formatted(party string) string {
	if strings.HasPrefix(party, "+1") && len(party) == 12 {
		return "(" + party[2:5] + ") " + party[5:8] + "-" + party[8:]
	}
	if s, ok := abroadFormatted[party]; ok {
		return s
	}
	return party
}

func pick(rng *rand.Rand, from []string) string { return from[rng.IntN(len(from))] }

// party draws one side of a call.
func (s *Space) party(rng *rand.Rand) string {
	switch n := rng.IntN(20); {
	case n < 16:
		return pick(rng, s.numbers)
	case n < 18:
		return pick(rng, abroad)
	default:
		return pick(rng, addresses)
	}
}

// drawSource draws how a recording came about.
func drawSource(rng *rand.Rand, conf bool) string {
	if conf {
		return pick(rng, []string{"Conference", "Conference", "StartConferenceRecording"})
	}
	return pick(rng, []string{
		"DialVerb", "DialVerb", "DialVerb", "StartCallRecordingApi", "OutBoundApi", "RecordVerb", "Trunking",
	})
}

// drawChannels draws the number of channels; conferences are mixed to one.
func drawChannels(rng *rand.Rand, conf bool) int8 {
	if !conf && rng.IntN(5) < 2 {
		return 2
	}
	return 1
}

// drawLength draws a length between least and most; the mean is of the
// exponential distribution before it is cut off.
func drawLength(rng *rand.Rand, mean, least, most time.Duration) time.Duration {
	return min(least+time.Duration(rng.ExpFloat64()*float64(mean-least)), most)
}

// drawBetween draws a length between least and most, all equally likely.
func drawBetween(rng *rand.Rand, least, most time.Duration) time.Duration {
	if most <= least {
		return least
	}
	return least + time.Duration(rng.Int64N(int64(most-least)))
}
