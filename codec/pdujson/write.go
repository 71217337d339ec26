package pdujson

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/ghasi/smpp-connector/codec"
)

// writer is the codec.Visitor that gathers the members of "fields" and the TLVs.
type writer struct {
	fields []byte
	tlvs   []tlv
}

// member appends "name":value to the fields.
func (w *writer) member(name string, value any) {
	if len(w.fields) > 0 {
		w.fields = append(w.fields, ',')
	}
	w.fields = strconv.AppendQuote(w.fields, name)
	w.fields = append(w.fields, ':')
	encoded, err := json.Marshal(value)
	if err != nil {
		panic(err) // strings, numbers and slices of structs of both cannot fail
	}
	w.fields = append(w.fields, encoded...)
}

// characters makes one character of each octet, so that any octets are valid text.
func characters(octets string) string {
	runes := make([]rune, len(octets))
	for i := range len(octets) {
		runes[i] = rune(octets[i])
	}
	return string(runes)
}

// Text implements codec.Visitor.
func (w *writer) Text(name string, _ int, v *string) { w.member(name, characters(*v)) }

// Time implements codec.Visitor.
func (w *writer) Time(name string, v *string) { w.member(name, characters(*v)) }

// Number implements codec.Visitor.
func (w *writer) Number(name string, v *uint8) { w.member(name, *v) }

// Message implements codec.Visitor.
func (w *writer) Message(v *[]byte) {
	w.member("sm_length", len(*v))
	w.member("short_message_hex", hex.EncodeToString(*v))
}

// Rest implements codec.Visitor.
func (w *writer) Rest(name string, v *[]byte) { w.member(name+"_hex", hex.EncodeToString(*v)) }

// destination is one dest_address: an SME or a distribution list.
type destination struct {
	Flag uint8   `json:"dest_flag"`
	TON  *uint8  `json:"dest_addr_ton,omitempty"`
	NPI  *uint8  `json:"dest_addr_npi,omitempty"`
	Addr *string `json:"destination_addr,omitempty"`
	List *string `json:"dl_name,omitempty"`
}

// Destinations implements codec.Visitor.
func (w *writer) Destinations(v *[]codec.Destination) {
	list := make([]destination, 0, len(*v))
	for _, d := range *v {
		name := characters(d.Name)
		if d.Flag == codec.DestDistributionList {
			list = append(list, destination{Flag: d.Flag, List: &name})
		} else {
			list = append(list, destination{Flag: d.Flag, TON: &d.TON, NPI: &d.NPI, Addr: &name})
		}
	}
	w.member("number_of_dests", len(list))
	w.member("dest_addresses", list)
}

// refusal is one unsuccess_sme.
type refusal struct {
	TON    uint8  `json:"dest_addr_ton"`
	NPI    uint8  `json:"dest_addr_npi"`
	Addr   string `json:"destination_addr"`
	Status string `json:"error_status_code"`
}

// Unsuccessful implements codec.Visitor.
func (w *writer) Unsuccessful(v *[]codec.UnsuccessSME) {
	list := make([]refusal, 0, len(*v))
	for _, u := range *v {
		list = append(list, refusal{u.TON, u.NPI, characters(u.Addr), fmt.Sprintf("0x%08x", uint32(u.Status))})
	}
	w.member("no_unsuccess", len(list))
	w.member("unsuccess_smes", list)
}

// TLVs implements codec.Visitor.
func (w *writer) TLVs(v *codec.TLVs) {
	for _, t := range *v {
		name := unnamed
		if t.Tag.Known() {
			name = t.Tag.String()
		}
		w.tlvs = append(w.tlvs, tlv{
			Tag:    fmt.Sprintf("0x%04x", uint16(t.Tag)),
			Name:   name,
			Length: len(t.Value),
			Value:  hex.EncodeToString(t.Value),
		})
	}
}
