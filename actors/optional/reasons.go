package optional

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/quote"
)

// failureReasons are the values of delivery_failure_reason (SMPP 3.4 §5.3.2.33).
var failureReasons = [...]string{"destination unavailable", "destination address invalid", "permanent network error", "temporary network error"}

// mostWords bounds what is told of an MNO's own words, in characters: where SMPP allows 256.
const mostWords = 160

// reasons are the TLVs that say why an SMS was refused, and the most octets that are kept.
var reasons = map[codec.Tag]int{codec.TagAdditionalStatusInfoText: 256, codec.TagDeliveryFailureReason: 4, codec.TagNetworkErrorCode: 4}

// Why are copies of those TLVs of a refusal that say why; nil: none does.
func Why(tlvs codec.TLVs) (why codec.TLVs) {
	for _, t := range tlvs {
		if most, is := reasons[t.Tag]; is && len(t.Value) > 0 {
			if _, known := why.Get(t.Tag); !known {
				why.Add(t.Tag, bytes.Clone(t.Value[:min(most, len(t.Value))]))
			}
		}
	}
	return why
}

// Reasons is what Why of a refused submit_sm_resp says of why, in words for a dead
// letter's detail; empty where it says nothing. Numbers that could be a subscriber's
// are masked, and so is what the MNO repeats of the message, which text is.
func Reasons(why codec.TLVs, text string) string {
	var said []string
	if words := printable(why.String(codec.TagAdditionalStatusInfoText)); words != "" {
		said = append(said, codec.TagAdditionalStatusInfoText.String()+" "+strconv.Quote(shortened(codec.LastThree.MaskIn(quote.New(text).Hide(words)))))
	}
	if reason, ok := why.Uint8(codec.TagDeliveryFailureReason); ok {
		meaning := ""
		if int(reason) < len(failureReasons) {
			meaning = " (" + failureReasons[reason] + ")"
		}
		said = append(said, fmt.Sprintf("%v %d%s", codec.TagDeliveryFailureReason, reason, meaning))
	}
	if code, _ := why.Get(codec.TagNetworkErrorCode); len(code) > 0 {
		said = append(said, codec.TagNetworkErrorCode.String()+" "+Hex.read(code, 3))
	}
	return strings.Join(said, ", ")
}

// printable leaves out of an MNO's words what a terminal could take for a command.
func printable(words string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(words, "\uFFFD")))
}

func shortened(words string) string {
	if runes := []rune(words); len(runes) > mostWords {
		return string(runes[:mostWords]) + cut
	}
	return words
}
