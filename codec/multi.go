package codec

import "slices"

// SubmitMulti sends one message to many destinations (SMPP 3.4 §4.5.1).
type SubmitMulti struct {
	Header
	ServiceType          string // at most 5 characters
	SourceAddrTON        uint8
	SourceAddrNPI        uint8
	SourceAddr           string        // at most 20
	Destinations         []Destination // 1…254; number_of_dests is its length
	ESMClass             ESMClass
	ProtocolID           uint8
	PriorityFlag         uint8
	ScheduleDeliveryTime string
	ValidityPeriod       string
	RegisteredDelivery   RegisteredDelivery
	ReplaceIfPresentFlag uint8
	DataCoding           DataCoding
	SMDefaultMsgID       uint8
	ShortMessage         []byte // at most 254 octets
	TLVs                 TLVs
}

// The values of dest_flag (§4.5.1.1).
const (
	DestSME              uint8 = 1 // an address
	DestDistributionList uint8 = 2 // the name of a list that the SMSC keeps
)

// Destination is one dest_address of a submit_multi.
type Destination struct {
	Flag uint8  // DestSME or DestDistributionList
	TON  uint8  // of an SME; 0 for a list
	NPI  uint8  // of an SME; 0 for a list
	Name string // destination_addr of an SME, dl_name of a list; at most 20 characters
}

// SubmitMultiResp answers SubmitMulti (§4.5.2).
type SubmitMultiResp struct {
	Header
	MessageID    string         // at most 64 characters
	Unsuccessful []UnsuccessSME // at most 255; no_unsuccess is its length
	TLVs         TLVs
}

// UnsuccessSME is one destination that the SMSC refused, and why (§4.5.2.1).
type UnsuccessSME struct {
	TON    uint8
	NPI    uint8
	Addr   string // at most 20 characters
	Status Status
}

// Command implements PDU.
func (p *SubmitMulti) Command() CommandID { return SubmitMultiID }

func (p *SubmitMulti) append(b []byte) []byte {
	b = appendText(b, p.ServiceType)
	b = append(b, p.SourceAddrTON, p.SourceAddrNPI)
	b = appendText(b, p.SourceAddr)
	destinations := p.Destinations[:min(len(p.Destinations), 0xFF)]
	b = append(b, byte(len(destinations)))
	for _, d := range destinations {
		if b = append(b, d.Flag); d.Flag != DestDistributionList {
			b = append(b, d.TON, d.NPI)
		}
		b = appendText(b, d.Name)
	}
	b = append(b, byte(p.ESMClass), p.ProtocolID, p.PriorityFlag)
	b = appendText(b, p.ScheduleDeliveryTime)
	b = appendText(b, p.ValidityPeriod)
	b = append(b, byte(p.RegisteredDelivery), p.ReplaceIfPresentFlag, byte(p.DataCoding), p.SMDefaultMsgID)
	b = appendMessage(b, p.ShortMessage)
	return appendTLVs(b, p.TLVs)
}

func (p *SubmitMulti) parse(r *reader) {
	p.ServiceType = r.text("service_type", 6)
	p.SourceAddrTON = r.number("source_addr_ton")
	p.SourceAddrNPI = r.number("source_addr_npi")
	p.SourceAddr = r.text("source_addr", 21)
	p.Destinations = r.destinations(p.Destinations[:0])
	p.ESMClass = ESMClass(r.number("esm_class"))
	p.ProtocolID = r.number("protocol_id")
	p.PriorityFlag = r.number("priority_flag")
	p.ScheduleDeliveryTime = r.time("schedule_delivery_time")
	p.ValidityPeriod = r.time("validity_period")
	p.RegisteredDelivery = RegisteredDelivery(r.number("registered_delivery"))
	p.ReplaceIfPresentFlag = r.number("replace_if_present_flag")
	p.DataCoding = DataCoding(r.number("data_coding"))
	p.SMDefaultMsgID = r.number("sm_default_msg_id")
	p.ShortMessage = r.message()
	p.TLVs = r.tlvs(p.TLVs)
}

func (p *SubmitMulti) walk(v Visitor) {
	v.Text("service_type", 6, &p.ServiceType)
	v.Number("source_addr_ton", &p.SourceAddrTON)
	v.Number("source_addr_npi", &p.SourceAddrNPI)
	v.Text("source_addr", 21, &p.SourceAddr)
	v.Destinations(&p.Destinations)
	v.Number("esm_class", (*uint8)(&p.ESMClass))
	v.Number("protocol_id", &p.ProtocolID)
	v.Number("priority_flag", &p.PriorityFlag)
	v.Time("schedule_delivery_time", &p.ScheduleDeliveryTime)
	v.Time("validity_period", &p.ValidityPeriod)
	v.Number("registered_delivery", (*uint8)(&p.RegisteredDelivery))
	v.Number("replace_if_present_flag", &p.ReplaceIfPresentFlag)
	v.Number("data_coding", (*uint8)(&p.DataCoding))
	v.Number("sm_default_msg_id", &p.SMDefaultMsgID)
	v.Message(&p.ShortMessage)
	v.TLVs(&p.TLVs)
}

func (p *SubmitMulti) shallow() PDU { c := *p; return &c }

// The fewest octets that one entry takes on the wire: room is made for what can be
// there, not for the number that is claimed.
const (
	minDestination  = 2 // dest_flag, and the NUL of an empty dl_name
	minUnsuccessSME = 7 // ton, npi, a NUL, error_status_code
)

// destinations reads number_of_dests and as many dest_address.
func (r *reader) destinations(to []Destination) []Destination {
	n := int(r.number("number_of_dests"))
	to = slices.Grow(to, min(n, (len(r.b)-r.off)/minDestination))
	for ; n > 0 && !r.stopped; n-- {
		at := r.off
		d := Destination{Flag: r.number("dest_flag")}
		switch d.Flag {
		case DestSME:
			d.TON = r.number("dest_addr_ton")
			d.NPI = r.number("dest_addr_npi")
			d.Name = r.text("destination_addr", 21)
		case DestDistributionList:
			d.Name = r.text("dl_name", 21)
		default:
			r.refuse(BadDestFlag, "dest_flag", at, int(d.Flag), 0)
		}
		if !r.stopped {
			to = append(to, d)
		}
	}
	return to
}

// Command implements PDU.
func (p *SubmitMultiResp) Command() CommandID { return SubmitMultiRespID }

func (p *SubmitMultiResp) append(b []byte) []byte {
	unsuccessful := p.Unsuccessful[:min(len(p.Unsuccessful), 0xFF)]
	b = append(appendText(b, p.MessageID), byte(len(unsuccessful)))
	for _, u := range unsuccessful {
		b = appendText(append(b, u.TON, u.NPI), u.Addr)
		b = append(b, byte(u.Status>>24), byte(u.Status>>16), byte(u.Status>>8), byte(u.Status))
	}
	return appendTLVs(b, p.TLVs)
}

func (p *SubmitMultiResp) parse(r *reader) {
	p.MessageID = r.text("message_id", 65)
	n := int(r.number("no_unsuccess"))
	p.Unsuccessful = slices.Grow(p.Unsuccessful[:0], min(n, (len(r.b)-r.off)/minUnsuccessSME))
	for ; n > 0 && !r.stopped; n-- {
		u := UnsuccessSME{TON: r.number("dest_addr_ton"), NPI: r.number("dest_addr_npi"), Addr: r.text("destination_addr", 21)}
		u.Status = Status(r.quad("error_status_code"))
		if !r.stopped {
			p.Unsuccessful = append(p.Unsuccessful, u)
		}
	}
	p.TLVs = r.tlvs(p.TLVs)
}

func (p *SubmitMultiResp) walk(v Visitor) {
	v.Text("message_id", 65, &p.MessageID)
	v.Unsuccessful(&p.Unsuccessful)
	v.TLVs(&p.TLVs)
}

func (p *SubmitMultiResp) shallow() PDU { c := *p; return &c }
