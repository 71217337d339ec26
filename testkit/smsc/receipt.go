package smsc

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// receiptPlan is how receipts are made: what SendReceipts says. It does not
// change once a conduct has it.
type receiptPlan struct {
	after        time.Duration
	early        bool
	copies       int // 0: never
	reversed     bool
	intermediate bool
	unasked      bool
	elsewhere    bool
	scatter      *rand.Rand
	ids          IDForm
	noText, noTLV,
	payload, dataSM bool
	state     codec.MessageState
	failing   int // percent that end in failState
	failState codec.MessageState
	fail      *rand.Rand
	err       string
}

func defaultReceipts() *receiptPlan {
	return &receiptPlan{after: 50 * time.Millisecond, copies: 1, state: codec.StateDelivered}
}

// draw is the state that one SMS will reach.
func (r *receiptPlan) draw() codec.MessageState {
	if r.failing > 0 && r.fail.IntN(100) < r.failing {
		return r.failState
	}
	return r.state
}

// wanted says whether a receipt goes to someone who asked by d.
func (r *receiptPlan) wanted(d codec.RegisteredDelivery, state codec.MessageState) bool {
	switch d.Receipt() {
	case codec.ReceiptAlways:
		return true
	case codec.ReceiptOnFailure:
		return r.unasked || state != codec.StateDelivered
	case codec.ReceiptOnSuccess:
		return r.unasked || state == codec.StateDelivered
	}
	return r.unasked
}

// ReceiptOption is one property of SendReceipts.
type ReceiptOption struct {
	sentence string
	set      func(*receiptPlan)
}

// SendReceipts says how receipts go from here on. What it does not name is as
// at the start: one, 50 ms after the submit, DELIVRD, the id as answered, in
// text and in TLVs, on deliver_sm, to whoever asked for one, on the session of
// the submit if that can receive and else on another of the same system_id.
func SendReceipts(options ...ReceiptOption) Step {
	words := make([]string, len(options))
	for i, o := range options {
		words[i] = " " + o.sentence
	}
	return rule("send receipts"+strings.Join(words, ""), func(c *conduct) {
		c.receipts = defaultReceipts()
		for _, o := range options {
			o.set(c.receipts)
		}
	})
}

// After sends the receipt d after the submit: a moment or a week late.
func After(d time.Duration) ReceiptOption {
	return ReceiptOption{"after " + d.String(), func(r *receiptPlan) { r.after = d }}
}

// Early sends the receipt before the submit_sm_resp.
func Early() ReceiptOption {
	return ReceiptOption{"early", func(r *receiptPlan) { r.early, r.after = true, 0 }}
}

// Twice sends each receipt two times, as MNOs do that missed the first answer.
func Twice() ReceiptOption {
	return ReceiptOption{"twice", func(r *receiptPlan) { r.copies = 2 }}
}

// Never sends no receipt, whatever was asked for.
func Never() ReceiptOption {
	return ReceiptOption{"never", func(r *receiptPlan) { r.copies = 0 }}
}

// LastPartFirst holds the receipts of a long message until all its parts are
// there, and sends them in reverse.
func LastPartFirst() ReceiptOption {
	return ReceiptOption{"last part first", func(r *receiptPlan) { r.reversed = true }}
}

// IntermediateFirst sends an intermediate notification (esm_class 0x20,
// ENROUTE) at half the time, then the receipt. One is also sent when
// registered_delivery asks for it.
func IntermediateFirst() ReceiptOption {
	return ReceiptOption{"intermediate first", func(r *receiptPlan) { r.intermediate = true }}
}

// Unasked sends a receipt for every SMS, also when none was asked for.
func Unasked() ReceiptOption {
	return ReceiptOption{"unasked", func(r *receiptPlan) { r.unasked = true }}
}

// OnAnotherSession prefers a session that is not the submit's.
func OnAnotherSession() ReceiptOption {
	return ReceiptOption{"on another session", func(r *receiptPlan) { r.elsewhere = true }}
}

// Scattered sends each receipt as badly as MNOs do, drawn with seed: before the
// answer, right behind it, or up to the time of After later; on any session of the
// system_id; once to three times, the copies apart.
func Scattered(seed uint64) ReceiptOption {
	return ReceiptOption{fmt.Sprintf("scattered seed %d", seed), func(r *receiptPlan) { r.scatter = rand.New(rand.NewPCG(seed, 6)) }}
}

// IDAs writes the id in the receipt in a form of its own: another base, leading
// zeros, another case.
func IDAs(form IDForm) ReceiptOption {
	return ReceiptOption{"id " + form.String(), func(r *receiptPlan) { r.ids = form }}
}

// InTLVOnly leaves the text empty; receipted_message_id and message_state say it all.
func InTLVOnly() ReceiptOption {
	return ReceiptOption{"in tlv only", func(r *receiptPlan) { r.noText, r.noTLV = true, false }}
}

// InTextOnly sends no TLVs.
func InTextOnly() ReceiptOption {
	return ReceiptOption{"in text only", func(r *receiptPlan) { r.noText, r.noTLV = false, true }}
}

// InPayload puts the receipt's text into message_payload.
func InPayload() ReceiptOption {
	return ReceiptOption{"in payload", func(r *receiptPlan) { r.payload = true }}
}

// ByDataSM sends the receipt as a data_sm, its text in message_payload.
func ByDataSM() ReceiptOption {
	return ReceiptOption{"by data_sm", func(r *receiptPlan) { r.dataSM = true }}
}

// Ending gives every SMS this final state.
func Ending(state codec.MessageState) ReceiptOption {
	return ReceiptOption{"ending " + strings.ToLower(state.String()), func(r *receiptPlan) { r.state = state }}
}

// Failing gives percent of the SMS another state, drawn with seed.
func Failing(percent int, state codec.MessageState, seed uint64) ReceiptOption {
	return ReceiptOption{
		fmt.Sprintf("failing %d percent as %s seed %d", percent, strings.ToLower(state.String()), seed),
		func(r *receiptPlan) {
			r.failing, r.failState, r.fail = percent, state, rand.New(rand.NewPCG(seed, 3))
		},
	}
}

// WithError sets the receipt's err: field; it is 000 otherwise, or 001 for a
// state that is not DELIVERED.
func WithError(code string) ReceiptOption {
	return ReceiptOption{"error " + code, func(r *receiptPlan) { r.err = code }}
}

// receipt is one report about one SMS, until it is written.
type receipt struct {
	plan         *receiptPlan
	source, dest Address // of the report: the submit's, turned round
	id           string  // as this receipt writes it
	answered     string  // as submit_sm_resp had it
	state        codec.MessageState
	intermediate bool
	submitted    time.Time
	head         string // the first characters of the text, printable ASCII only
}

// appendText is the receipt's text as SMPP 3.4 Appendix B has it.
func (r *receipt) appendText(b []byte, done time.Time) []byte {
	const date = "0601021504"
	delivered, code := "000", r.plan.err
	if r.state == codec.StateDelivered {
		delivered = "001"
	}
	switch {
	case code != "":
	case r.state == codec.StateDelivered || r.intermediate:
		code = "000"
	default:
		code = "001"
	}
	b = append(append(b, "id:"...), r.id...)
	b = append(append(b, " sub:001 dlvrd:"...), delivered...)
	b = r.submitted.AppendFormat(append(b, " submit date:"...), date)
	b = done.AppendFormat(append(b, " done date:"...), date)
	b = append(append(b, " stat:"...), r.stat()...)
	b = append(append(b, " err:"...), code...)
	return append(append(b, " text:"...), r.head...)
}

// stat is the stat: word; a state that Appendix B does not know has its name.
func (r *receipt) stat() string {
	if word := r.state.Stat(); word != "" {
		return word
	}
	return r.state.String()
}

// pdu is the receipt as it is sent. It uses the session's struct and buffers,
// and so is good until the session's next one.
func (r *receipt) pdu(sess *Session, seq uint32, now time.Time) codec.PDU {
	d := &sess.lent.deliver
	tlvs, values := d.TLVs[:0], sess.lent.values[:0]
	*d = codec.DeliverSM{
		Header:        codec.Header{Sequence: seq},
		SourceAddrTON: r.source.TON, SourceAddrNPI: r.source.NPI, SourceAddr: r.source.Addr,
		DestAddrTON: r.dest.TON, DestAddrNPI: r.dest.NPI, DestinationAddr: r.dest.Addr,
		ESMClass: codec.ESMTypeReceipt,
	}
	if r.intermediate {
		d.ESMClass = codec.ESMTypeIntermediate
	} else if sess.server.cancelled[r.answered] {
		r.state = codec.StateDeleted
	}
	if !r.plan.noText {
		sess.lent.text = r.appendText(sess.lent.text[:0], now)
		if r.plan.payload || r.plan.dataSM {
			tlvs.Add(codec.TagMessagePayload, sess.lent.text)
		} else {
			d.ShortMessage = sess.lent.text
		}
	}
	if !r.plan.noTLV {
		values = append(append(append(values, r.id...), 0), byte(r.state))
		tlvs.Add(codec.TagReceiptedMessageID, values[:len(values)-1])
		tlvs.Add(codec.TagMessageState, values[len(values)-1:])
	}
	d.TLVs, sess.lent.values = tlvs, values
	if r.plan.dataSM {
		return asData(d)
	}
	return d
}

// asData is a deliver_sm as the data_sm that stands for it.
func asData(d *codec.DeliverSM) *codec.DataSM {
	return &codec.DataSM{
		Header:        d.Header,
		SourceAddrTON: d.SourceAddrTON, SourceAddrNPI: d.SourceAddrNPI, SourceAddr: d.SourceAddr,
		DestAddrTON: d.DestAddrTON, DestAddrNPI: d.DestAddrNPI, DestinationAddr: d.DestinationAddr,
		ESMClass: d.ESMClass, DataCoding: d.DataCoding, TLVs: d.TLVs,
	}
}
