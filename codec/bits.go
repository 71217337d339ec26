package codec

import "fmt"

// ESMClass is esm_class: the mode (bits 0-1), the type of message (bits 2-5), and
// two features (bits 6-7) (SMPP 3.4 §5.2.12). Compare by these methods and never
// by != 0: 0x44 is a receipt with a user data header.
type ESMClass uint8

// The bits of esm_class.
const (
	ESMModeDefault      ESMClass = 0x00 // of the SMSC, usually store and forward
	ESMModeDatagram     ESMClass = 0x01
	ESMModeForward      ESMClass = 0x02 // transaction mode
	ESMModeStoreForward ESMClass = 0x03

	ESMTypeDefault      ESMClass = 0x00 // an ordinary message
	ESMTypeReceipt      ESMClass = 0x04 // SMSC delivery receipt
	ESMTypeDeliveryAck  ESMClass = 0x08 // of the handset
	ESMTypeUserAck      ESMClass = 0x10 // manual, of the user
	ESMTypeAbort        ESMClass = 0x18 // conversation abort (Korean CDMA)
	ESMTypeIntermediate ESMClass = 0x20 // intermediate delivery notification

	ESMUDHI      ESMClass = 0x40 // short_message begins with a user data header
	ESMReplyPath ESMClass = 0x80

	esmModeMask ESMClass = 0x03
	esmTypeMask ESMClass = 0x3C
)

// Mode is the message mode: one of ESMMode….
func (c ESMClass) Mode() ESMClass { return c & esmModeMask }

// Type is the message type: one of ESMType…, or another combination of bits 2-5.
func (c ESMClass) Type() ESMClass { return c & esmTypeMask }

// UDHI reports whether the message begins with a user data header.
func (c ESMClass) UDHI() bool { return c&ESMUDHI != 0 }

// ReplyPath reports whether the reply path bit is set.
func (c ESMClass) ReplyPath() bool { return c&ESMReplyPath != 0 }

// IsReceipt reports whether a deliver_sm or data_sm is an SMSC delivery receipt.
func (c ESMClass) IsReceipt() bool { return c.Type() == ESMTypeReceipt }

// IsIntermediate reports whether it is an intermediate notification.
func (c ESMClass) IsIntermediate() bool { return c.Type() == ESMTypeIntermediate }

// RegisteredDelivery is registered_delivery: which reports are wanted (§5.2.17).
type RegisteredDelivery uint8

// The bits of registered_delivery.
const (
	ReceiptNone      RegisteredDelivery = 0x00
	ReceiptAlways    RegisteredDelivery = 0x01 // a receipt for the final state, good or bad
	ReceiptOnFailure RegisteredDelivery = 0x02
	ReceiptOnSuccess RegisteredDelivery = 0x03 // 5.0; reserved in 3.4

	AckDelivery RegisteredDelivery = 0x04 // asked of the handset
	AckUser     RegisteredDelivery = 0x08 // asked of its user

	NotifyIntermediate RegisteredDelivery = 0x10

	receiptMask RegisteredDelivery = 0x03
)

// Receipt is the part about SMSC receipts: one of Receipt….
func (d RegisteredDelivery) Receipt() RegisteredDelivery { return d & receiptMask }

// Intermediate reports whether intermediate notifications are wanted too.
func (d RegisteredDelivery) Intermediate() bool { return d&NotifyIntermediate != 0 }

// DataCoding is data_coding: how the octets of a message are to be read (§5.2.19).
type DataCoding uint8

// The values of data_coding that have a name.
const (
	DataCodingDefault    DataCoding = 0x00 // the SMSC's default alphabet: GSM 03.38 at most MNOs
	DataCodingASCII      DataCoding = 0x01
	DataCodingBinaryTDMA DataCoding = 0x02
	DataCodingLatin1     DataCoding = 0x03
	DataCodingBinary     DataCoding = 0x04
	DataCodingJIS        DataCoding = 0x05
	DataCodingCyrillic   DataCoding = 0x06
	DataCodingHebrew     DataCoding = 0x07
	DataCodingUCS2       DataCoding = 0x08 // UTF-16, big endian
	DataCodingPictogram  DataCoding = 0x09
	DataCodingISO2022JP  DataCoding = 0x0A
	DataCodingKanji      DataCoding = 0x0D
	DataCodingKSC5601    DataCoding = 0x0E
)

// Class is the message class (0 is a flash message) of a coding of the GSM message
// class group, 0xF0-0xFF; ok is false for all others.
func (d DataCoding) Class() (class uint8, ok bool) { return uint8(d & 0x03), d >= 0xF0 }

// MessageState is message_state: where a message is on its way (§5.2.28).
type MessageState uint8

// The states of 3.4, and the two that 5.0 added and 3.4 peers send too.
const (
	StateScheduled     MessageState = 0 // 5.0
	StateEnroute       MessageState = 1
	StateDelivered     MessageState = 2
	StateExpired       MessageState = 3
	StateDeleted       MessageState = 4
	StateUndeliverable MessageState = 5
	StateAccepted      MessageState = 6
	StateUnknown       MessageState = 7
	StateRejected      MessageState = 8
	StateSkipped       MessageState = 9 // 5.0
)

// states is the one table: the name, what a receipt's stat: says, whether more can come.
var states = [...]struct {
	name, stat string
	final      bool
}{
	StateScheduled:     {"SCHEDULED", "", false},
	StateEnroute:       {"ENROUTE", "ENROUTE", false},
	StateDelivered:     {"DELIVERED", "DELIVRD", true},
	StateExpired:       {"EXPIRED", "EXPIRED", true},
	StateDeleted:       {"DELETED", "DELETED", true},
	StateUndeliverable: {"UNDELIVERABLE", "UNDELIV", true},
	StateAccepted:      {"ACCEPTED", "ACCEPTD", true},
	StateUnknown:       {"UNKNOWN", "UNKNOWN", true},
	StateRejected:      {"REJECTED", "REJECTD", true},
	StateSkipped:       {"SKIPPED", "", true},
}

// Known reports whether 3.4 or 5.0 names the state.
func (s MessageState) Known() bool { return int(s) < len(states) }

// String is the spec's name, "DELIVERED", or "0x2A" for a number that has none.
func (s MessageState) String() string {
	if s.Known() {
		return states[s].name
	}
	return fmt.Sprintf("0x%02X", uint8(s))
}

// Stat is the word of a receipt's stat: field (Appendix B), "DELIVRD"; "" for the
// two states of 5.0 and unknown numbers.
func (s MessageState) Stat() string {
	if s.Known() {
		return states[s].stat
	}
	return ""
}

// Final reports whether the message stays in this state.
func (s MessageState) Final() bool { return s.Known() && states[s].final }
