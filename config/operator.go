package config

import (
	"time"

	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/segment"
	codectext "github.com/ghasi/smpp-connector/codec/text" // the table has a text of its own
)

// Operator is one account at an MNO and how that MNO wants to be spoken to:
// the merged view of the defaults, the profile, and the operator's own entry.
type Operator struct {
	ID           string
	MNO          string // that its binds are named after; empty: MNO_ID where this pod serves it, else ID
	Host         string
	Port         uint16
	Hosts        []string // host:port each, in place of Host and Port, where the MNO has more than one (hosts.go)
	SystemID     string
	Password     Secret // given, or the content of PasswordFile
	PasswordFile string
	BackupID     string // backupOperatorId (US-SC-013); empty: none
	Binds        int    // how many binds there are without Postgres, numbered from FirstBind
	FirstBind    int    // from 1; it is the operator's own, so that its binds have the same names on every pod, whatever else that serves
	ProfileName  string
	Profile

	layers *layers // what Merge builds upon; a pointer for the reason that Config.rest is one
}

// Profile is what an MNO's interface document says, as data: every knob that is
// not of the account alone. Its fields are named as in SmppCredentials where
// that has them; the table of operator_keys.go says what each trades off.
type Profile struct {
	SystemType       string
	InterfaceVersion uint8
	BindMode         BindMode
	AddressRange     AddressRange
	TLS              TLS
	HostOrder        HostOrder
	SourceIP         string // which of this machine's addresses dials; empty: the system chooses
	Outbind          Outbind
	TPSLimit         int      // PDUs a second over all binds and pods of the account; 0: none (US-SC-012)
	TPSScope         TPSScope // whose limit that is
	Window           int      // most PDUs in flight on a bind (US-SC-023)
	Congestion       Congestion
	SourceAddress    string
	Senders          []string // whom the MNO has registered; none: any

	MessageIDRule   string          // how ids of responses and receipts are made alike: as-is, hex-to-dec, …
	DefaultAlphabet Alphabet        // what data_coding 0 means at this MNO
	GSM7DataCoding  uint8           // data_coding of a GSM7 text
	UCS2DataCoding  uint8           // data_coding of a UCS2 text
	InboundCodings  []InboundCoding // what data_codings mean in what this MNO sends, where it is neither SMPP's meaning nor what we send

	LongStrategy  LongStrategy
	ReferenceBits int   // 8 or 16; 0: 8, and 16 where 8 would repeat within 60 s and no segment is added (US-SC-026)
	MaxParts      int   // a longer text is refused, never cut
	ESMClass      uint8 // bits that every submit_sm has; UDHI is OR-ed in

	LockingShift segment.Language // national table that GSM7 texts may use; 0: none
	SingleShift  segment.Language
	Flash        FlashStyle // how a class 0 message is said

	ValidityPeriod     time.Duration // of a command that says none; 0: the MNO's
	ValidityForm       ValidityForm  // how a validity is written
	ProtocolID         uint8         // of a command that says none
	ServiceType        string
	RegisteredDelivery uint8          // when the command says nothing
	ReceiptParts       ReceiptParts   // which parts of a long message ask for a receipt
	ReceiptDetect      ReceiptDetect  // what tells a receipt from an MO
	ReceiptWords       []ReceiptWord  // state words of this MNO's own
	ReceiptErrors      []ReceiptError // what its err: codes mean
	ReceiptExpiry      time.Duration  // how long the MNO's ids are kept; 0: the process's correlation.expiry
	ReceiptZone        string         // IANA name of the zone of its dates; empty: not known
	AcceptedIsFinal    bool           // nothing comes after ACCEPTED
	ReceiptTextFirst   bool           // the text of a receipt is believed before its TLVs
	TemporaryError     codec.Status   // deliver_sm_resp when the event could not be stored
	UnknownOutcome     UnknownOutcome
	Unanswered         Unanswered     // what is borne of an MNO that answers no submits
	HoldUnknown        time.Duration  // how long OutcomeHold waits
	Statuses           []StatusRule   // what a status means at this MNO, where it is not the table's meaning (US-SC-028…031)
	RetryFor           time.Duration  // age from which a message that is refused for now is given up; 0: never
	TLVs               []TLV          // names for commands and events
	FallbackTriggers   []codec.Status // answers to bind_transceiver that mean: try tx and rx (US-SC-003)

	Addresses Addresses
	Heartbeat Heartbeat
	Failback  Failback
	Timers    Timers
}

// Unanswered bounds what follows from submits that an MNO takes and does not answer.
type Unanswered struct {
	Resubmits int // of one message; 0: without end
	Timeouts  int // in a row, of a session; 0: it is never ended for that
}

// BindMode says which binds are made for one bind of the configuration.
type BindMode string

// The bind modes. TRX falls back to TX and RX when the MNO refuses it.
const (
	ModeTRX  BindMode = "trx"
	ModeTX   BindMode = "tx"
	ModeRX   BindMode = "rx"
	ModeTXRX BindMode = "tx_rx" // a transmitter and a receiver from the start
)

// TPSScope says what a TPS limit is counted over.
type TPSScope string

// The scopes.
const (
	TPSOfOperator TPSScope = "operator" // all binds and pods of the account together
	TPSOfBind     TPSScope = "bind"     // each bind by itself, whoever owns it
)

// Alphabet is the meaning of data_coding 0.
type Alphabet string

// The alphabets that MNOs are known to mean by data_coding 0.
const (
	AlphabetGSM7       Alphabet = "gsm7"        // one septet an octet
	AlphabetGSM7Packed Alphabet = "gsm7-packed" // eight septets in seven octets
	AlphabetLatin1     Alphabet = "latin1"
	AlphabetASCII      Alphabet = "ascii"
	AlphabetLatin9     Alphabet = "latin9"
)

// InboundCoding says what an MNO means by a data_coding in an MO or a receipt.
type InboundCoding struct {
	DataCoding uint8
	Alphabet   codectext.Alphabet
}

// LongStrategy says how a long message is carried (US-SC-008, 009).
type LongStrategy string

// The strategies for long messages.
const (
	LongCSMS LongStrategy = "csms" // user data header in each part
	LongTLV  LongStrategy = "tlv"  // one PDU with message_payload
	LongSAR  LongStrategy = "sar"  // sar_* TLVs in each part
)

// ValidityForm is how validity_period is written (SMPP 3.4 §7.1.1).
type ValidityForm string

// The forms.
const (
	ValidityRelative ValidityForm = "relative" // a span, counted by the MNO
	ValidityAbsolute ValidityForm = "absolute" // a moment in UTC, by our clock: for MNOs that refuse spans
	ValidityNone     ValidityForm = "none"     // left out: for MNOs that refuse both
)

// ReceiptParts says which parts of a long message ask for a receipt.
type ReceiptParts string

// Which parts ask.
const (
	ReceiptAll  ReceiptParts = "all"
	ReceiptLast ReceiptParts = "last"
)

// ReceiptDetect says by what a receipt is told from a subscriber's message.
type ReceiptDetect string

// What is looked at.
const (
	DetectBits ReceiptDetect = "bits"
	DetectTLVs ReceiptDetect = "tlvs"
	DetectText ReceiptDetect = "text"
)

// FlashStyle is how an MNO wants class 0 to be said in data_coding.
type FlashStyle string

// The styles.
const (
	FlashGeneral FlashStyle = "general" // 0x10 for GSM7, 0x18 for UCS2
	FlashClass   FlashStyle = "class"   // 0xF0 for GSM7, 0x18 for UCS2
)

// ReceiptError says what a code after `err:` means at an MNO. Codes are compared as
// they are, but for the case of letters: they are no numbers.
type ReceiptError struct{ Code, Meaning string }

// ReceiptWord gives a word after `stat:` a message_state (SMPP 3.4 §5.2.28).
type ReceiptWord struct {
	Word  string // in upper case
	State codec.MessageState
}

// TLV declares a TLV that commands may carry, and events tell, in their tlvs: a vendor
// tag means another thing at every MNO.
type TLV struct {
	Name     string
	Tag      codec.Tag
	Kind     string // text, cstring, uint8, uint16, uint32 or hex
	Required bool
}

// UnknownOutcome says what becomes of a PDU that was written and never answered.
type UnknownOutcome string

// The policies for an unknown outcome.
const (
	OutcomeRedeliver UnknownOutcome = "redeliver" // submitted again and marked: at least once
	OutcomeHold      UnknownOutcome = "hold"      // settled by a receipt, or given up after HoldUnknown
	OutcomeGiveUp    UnknownOutcome = "giveUp"    // to the DLQ: at most once
)

// StatusRule overrides what an answer to submit_sm means. What is empty, or 0,
// stays as the connector's own table has it.
type StatusRule struct {
	Status codec.Status
	Action string        // accept, retry or reject: what becomes of the segment
	Effect string        // none, halve, half-close, drain or rebind: what becomes of the bind
	Delay  time.Duration // of a retry
}

// Congestion says what the adaptive window listens to beside refusals. It keeps
// the MNO's queue short, at the price of a window that also shrinks for a slow line.
type Congestion string

// The inputs.
const (
	CongestionOff     Congestion = "off"
	CongestionState   Congestion = "state"   // the TLV congestion_state of answers (SMPP 5.0)
	CongestionLatency Congestion = "latency" // the time that answers take
)

// Outbind is where an MNO may ask for a receiver (SMPP 3.4 §4.1.7), and what its
// outbind must carry before our own password goes out on that line.
type Outbind struct {
	Listen   string // empty: nowhere
	SystemID string
	Password Secret
}

// Failback says when the traffic returns from the backup (US-SC-013).
type Failback struct {
	Linger  time.Duration // how long the backup stays bound afterwards: cheap to fall back on again, against a bind that the MNO counts
	HoldMax time.Duration // longest time that a flapping primary must have been bound first: calm, against the backup's price. 0: never held
}

// Heartbeat says when enquire_link is due.
type Heartbeat string

// When enquire_link is due.
const (
	HeartbeatFixed Heartbeat = "fixed" // every interval, whatever else is heard (US-SC-004)
	HeartbeatIdle  Heartbeat = "idle"  // an interval after the last PDU that was heard
)

// AddressRange is what a bind says of the addresses it serves.
type AddressRange struct {
	TON, NPI uint8
	Range    string
}

// TLS says whether and how the line is encrypted; certificates are PEM texts.
type TLS struct {
	Enabled           bool
	ServerName        string   // SNI and the name verified; empty: the host
	CA                string   // PEM, given or the content of CAFile; empty: the system's
	ClientCertificate string   // PEM, given or the content of ClientCertificateFile
	ClientKey         Secret   // PEM, given or the content of ClientKeyFile
	Pins              []string // base64 SHA-256 of a public key (SPKI) in the chain
	MinVersion        string   // 1.2 or 1.3

	CAFile, ClientCertificateFile, ClientKeyFile string
}

// Timers are the bounds on every wait of a bind's life.
type Timers struct {
	Connect             time.Duration // TCP
	TLS                 time.Duration // the handshake, after that
	Bind                time.Duration // from bind to bind_resp
	Write               time.Duration // one write to the socket
	Response            time.Duration // submit_sm to its answer (US-SC-023)
	EnquireLink         time.Duration // between heartbeats (US-SC-004)
	EnquireLinkResponse time.Duration
	Inactivity          time.Duration   // no PDU but heartbeats for so long: unbind; 0: never
	Unbind              time.Duration   // unbind to unbind_resp
	Drain               time.Duration   // how long a shutdown waits for answers
	Backoff             []time.Duration // before each redial; the last one repeats (US-SC-005)
	BackoffJitter       float64         // share of a delay that is drawn by lot; 0: exact
	RebindFloor         time.Duration   // least time from the end of a session to the next dial
	AuthFailed          time.Duration   // least wait after a refusal that no repetition mends: some MNOs lock the account
	AlreadyBound        time.Duration   // least wait after ESME_RALYBND: the MNO still holds the session before
}
