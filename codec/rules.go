package codec

import "errors"

// lenientText is the longest C-octet string, without NUL, that is read although
// the spec's limit is lower: message ids of 66 characters are met in the field,
// strings of kilobytes are a lost stream.
const lenientText = 255

// Reaction is the kind of answer to something that is wrong.
type Reaction uint8

// The reactions.
const (
	Accept  Reaction = iota // take the PDU as it was read
	Wait                    // the rest has not come yet
	Nack                    // answer generic_nack with Status
	Respond                 // answer the command's own response with Status
	Ignore                  // answer nothing: a response, or a request that has none
)

var reactionNames = [...]string{Accept: "accept", Wait: "wait", Nack: "generic_nack", Respond: "own response", Ignore: "no answer"}

// String names the reaction.
func (r Reaction) String() string { return reactionNames[r] }

// Outcome is what to do about a problem.
type Outcome struct {
	Reaction Reaction
	Status   Status // of the answer, for Nack and Respond
	Close    bool   // close the connection after the answer: the stream cannot be found again
}

// String is the outcome in words: "generic_nack ESME_RINVCMDLEN, close".
func (o Outcome) String() string {
	words := o.Reaction.String()
	if o.Reaction == Nack || o.Reaction == Respond {
		words += " " + o.Status.String()
	}
	if o.Close {
		words += ", close"
	}
	return words
}

// Side says to which PDUs a rule applies.
type Side uint8

// The sides of a rule.
const (
	Any          Side = iota
	Requests          // command_id without the top bit
	Responses         // command_id with it
	Deliveries        // deliver_sm whose short_message was read and is not empty
	LinkRequests      // enquire_link and unbind, which have no mandatory body
)

var sideNames = [...]string{Any: "any", Requests: "request", Responses: "response", Deliveries: "deliver_sm with text", LinkRequests: "enquire_link, unbind"}

// String names the side.
func (s Side) String() string { return sideNames[s] }

// ToleranceRule is one line of the table: a problem, where it is met, what is done
// about it, and why.
type ToleranceRule struct {
	Problem Problem
	Side    Side
	Outcome Outcome
	Why     string
}

// rules is the table of tolerance; the package documentation shows it, and a test
// holds the two together. Where a request is refused for one field, fieldStatus
// replaces StatusOK by the status that names the field.
var rules = []ToleranceRule{
	{ShortHeader, Any, Outcome{Reaction: Wait}, "TCP cuts where it likes"},
	{LengthTooSmall, Any, Outcome{Nack, StatusInvCmdLen, true}, "where the next PDU begins is unknown"},
	{LengthTooLarge, Any, Outcome{Nack, StatusInvCmdLen, true}, "no PDU is that long: the stream is lost, or the peer wants our memory"},
	{LengthMismatch, Any, Outcome{Nack, StatusInvCmdLen, true}, "cannot come from a Framer"},
	{UnknownCommand, Any, Outcome{Nack, StatusInvCmdID, false}, "the length is good, so the next PDU is found (SMPP 3.4 §4.3.1)"},
	{EmptyBody, Responses, Outcome{Reaction: Accept}, "SMSCs leave out an empty message_id with its NUL"},
	{TruncatedBody, Requests, Outcome{Respond, StatusInvCmdLen, false}, "half a request means nothing; the link is sound"},
	{TruncatedBody, Responses, Outcome{Reaction: Ignore}, "a response is never answered; its status and sequence number are in the error"},
	{NoNUL, Requests, Outcome{Respond, StatusInvCmdLen, false}, "every field after it would be a guess"},
	{NoNUL, Responses, Outcome{Reaction: Accept}, "SMSCs send a message_id without NUL: it ends where the PDU ends"},
	{OverlongField, Any, Outcome{Reaction: Accept}, "the NUL says where it ends; up to 255 characters are kept"},
	{BadTime, Any, Outcome{Reaction: Accept}, "kept as it is: whoever needs the time parses it"},
	{BadDestFlag, Requests, Outcome{Respond, StatusInvDestFlag, false}, "what follows depends on the flag"},
	{MessageOverrun, Requests, Outcome{Respond, StatusInvMsgLen, false}, "the text is cut: a receipt or MO must come again whole"},
	{TLVTruncated, Deliveries, Outcome{Reaction: Accept}, "some MNOs never repeat a receipt, whatever the answer; its text is whole"},
	{TLVTruncated, LinkRequests, Outcome{Reaction: Accept}, "the command says it all"},
	{TLVTruncated, Requests, Outcome{Respond, StatusInvOptParStream, false}, "the lost TLV may be the text or the receipted id"},
	{TLVTruncated, Responses, Outcome{Reaction: Accept}, "the TLVs before it are kept; the verdict is in the header"},
	{TrailingOctets, Deliveries, Outcome{Reaction: Accept}, "as above"},
	{TrailingOctets, LinkRequests, Outcome{Reaction: Accept}, "as above"},
	{TrailingOctets, Requests, Outcome{Respond, StatusInvOptParStream, false}, "a wrong sm_length looks like this: text would be lost"},
	{TrailingOctets, Responses, Outcome{Reaction: Accept}, "as above: the verdict is in the header"},
	{TrailingNULs, Any, Outcome{Reaction: Accept}, "padding, or one NUL too many"},
}

// fieldStatus is the status that names a field. It answers a request whose string
// is longer than even leniency allows, and everything that a Strict Decoder refuses.
var fieldStatus = map[string]Status{
	"service_type":           StatusInvSerTyp,
	"source_addr":            StatusInvSrcAdr,
	"destination_addr":       StatusInvDstAdr,
	"dl_name":                StatusInvDLName,
	"message_id":             StatusInvMsgID,
	"system_id":              StatusInvSysID,
	"password":               StatusInvPaswd,
	"system_type":            StatusInvSysTyp,
	"address_range":          StatusBindFail,
	"schedule_delivery_time": StatusInvSched,
	"validity_period":        StatusInvExpiry,
	"tlvs":                   StatusInvOptParStream,
}

// Rules is a copy of the table of tolerance.
func Rules() []ToleranceRule { return append([]ToleranceRule(nil), rules...) }

// Rule says what to do about an error of Parse or Framer.Next. What the table
// accepts comes as an error only when it was too much for leniency, or from a
// Strict Decoder: then a request is refused by the field's status, and a response
// ignored. Errors that are not a *DecodeError are the connection's: nothing can be
// answered, and it is to be closed.
func Rule(err error) Outcome {
	var e *DecodeError
	if !errors.As(err, &e) {
		return Outcome{Reaction: Ignore, Close: true}
	}
	out := ruleFor(e.Reason, e.Command)
	if out.Reaction == Accept {
		out = Outcome{Reaction: Respond, Status: StatusInvCmdLen}
		if status, ok := fieldStatus[e.Field]; ok {
			out.Status = status
		}
	}
	if _, answered := e.Command.Response(); out.Reaction == Respond && !answered {
		return Outcome{Reaction: Ignore}
	}
	return out
}

// ruleFor finds the line of the table that is for the whole side: the narrower
// ones (Deliveries, LinkRequests) accept, so the reader has applied them already. A
// problem that a side cannot have is treated as half a body.
func ruleFor(problem Problem, id CommandID) Outcome {
	side := Requests
	if id.IsResponse() {
		side = Responses
	}
	for _, rule := range rules {
		if rule.Problem == problem && (rule.Side == Any || rule.Side == side) {
			return rule.Outcome
		}
	}
	return ruleFor(TruncatedBody, id)
}

// Reply is the PDU that answers err according to Rule, ready to be appended, or nil
// when nothing is to be answered.
func Reply(err error) PDU {
	out := Rule(err)
	var e *DecodeError
	if !errors.As(err, &e) {
		return nil
	}
	switch out.Reaction {
	case Nack:
		return &GenericNack{Header: Header{Status: out.Status, Sequence: e.Sequence}}
	case Respond:
		resp, _ := e.Command.Response()
		answer := New(resp)
		*answer.Head() = Header{Status: out.Status, Sequence: e.Sequence}
		return answer
	}
	return nil
}
