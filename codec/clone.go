package codec

import (
	"bytes"
	"slices"
	"strings"
)

// Clone is a copy of p that shares no memory with it: what to keep of a PDU beyond
// the next Parse of a Decoder or the next read of a Framer.
func Clone(p PDU) PDU {
	c := p.shallow()
	c.walk(detacher{})
	return c
}

// detacher replaces every string and slice of a PDU by a copy.
type detacher struct{}

func (detacher) Text(_ string, _ int, v *string) { *v = strings.Clone(*v) }
func (detacher) Time(_ string, v *string)        { *v = strings.Clone(*v) }
func (detacher) Number(string, *uint8)           {}
func (detacher) Message(v *[]byte)               { *v = bytes.Clone(*v) }
func (detacher) Rest(_ string, v *[]byte)        { *v = bytes.Clone(*v) }

func (detacher) Destinations(v *[]Destination) {
	*v = slices.Clone(*v)
	for i := range *v {
		(*v)[i].Name = strings.Clone((*v)[i].Name)
	}
}

func (detacher) Unsuccessful(v *[]UnsuccessSME) {
	*v = slices.Clone(*v)
	for i := range *v {
		(*v)[i].Addr = strings.Clone((*v)[i].Addr)
	}
}

func (detacher) TLVs(v *TLVs) {
	*v = slices.Clone(*v)
	for i := range *v {
		(*v)[i].Value = bytes.Clone((*v)[i].Value)
	}
}
