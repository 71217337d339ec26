package codec

// The PDUs without a mandatory body. 3.4 gives them no TLVs either; what a peer
// adds is kept (congestion_state of 5.0 may ride on any response).

// Unbind ends a session; whoever sends it sends no further request (SMPP 3.4 §4.2.1).
type Unbind struct {
	Header
	TLVs TLVs
}

// UnbindResp answers Unbind; the connection may be closed then (§4.2.2).
type UnbindResp struct {
	Header
	TLVs TLVs
}

// GenericNack refuses a PDU that could not be understood at all (§4.3.1). Its
// sequence number is the refused PDU's, or 0 when that could not be read.
type GenericNack struct {
	Header
	TLVs TLVs
}

// EnquireLink asks whether the peer is alive; either side, in any state (§4.11.1).
type EnquireLink struct {
	Header
	TLVs TLVs
}

// EnquireLinkResp answers EnquireLink (§4.11.2).
type EnquireLinkResp struct {
	Header
	TLVs TLVs
}

// Command implements PDU.
func (p *Unbind) Command() CommandID     { return UnbindID }
func (p *Unbind) append(b []byte) []byte { return appendTLVs(b, p.TLVs) }
func (p *Unbind) parse(r *reader)        { p.TLVs = r.tlvs(p.TLVs) }
func (p *Unbind) walk(v Visitor)         { v.TLVs(&p.TLVs) }
func (p *Unbind) shallow() PDU           { c := *p; return &c }

// Command implements PDU.
func (p *UnbindResp) Command() CommandID     { return UnbindRespID }
func (p *UnbindResp) append(b []byte) []byte { return appendTLVs(b, p.TLVs) }
func (p *UnbindResp) parse(r *reader)        { p.TLVs = r.tlvs(p.TLVs) }
func (p *UnbindResp) walk(v Visitor)         { v.TLVs(&p.TLVs) }
func (p *UnbindResp) shallow() PDU           { c := *p; return &c }

// Command implements PDU.
func (p *GenericNack) Command() CommandID     { return GenericNackID }
func (p *GenericNack) append(b []byte) []byte { return appendTLVs(b, p.TLVs) }
func (p *GenericNack) parse(r *reader)        { p.TLVs = r.tlvs(p.TLVs) }
func (p *GenericNack) walk(v Visitor)         { v.TLVs(&p.TLVs) }
func (p *GenericNack) shallow() PDU           { c := *p; return &c }

// Command implements PDU.
func (p *EnquireLink) Command() CommandID     { return EnquireLinkID }
func (p *EnquireLink) append(b []byte) []byte { return appendTLVs(b, p.TLVs) }
func (p *EnquireLink) parse(r *reader)        { p.TLVs = r.tlvs(p.TLVs) }
func (p *EnquireLink) walk(v Visitor)         { v.TLVs(&p.TLVs) }
func (p *EnquireLink) shallow() PDU           { c := *p; return &c }

// Command implements PDU.
func (p *EnquireLinkResp) Command() CommandID     { return EnquireLinkRespID }
func (p *EnquireLinkResp) append(b []byte) []byte { return appendTLVs(b, p.TLVs) }
func (p *EnquireLinkResp) parse(r *reader)        { p.TLVs = r.tlvs(p.TLVs) }
func (p *EnquireLinkResp) walk(v Visitor)         { v.TLVs(&p.TLVs) }
func (p *EnquireLinkResp) shallow() PDU           { c := *p; return &c }
