package redis

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
)

// What Redis holds of inbound messages in parts. The braces are a hash tag: on a
// cluster all of it lives in one slot.
//
//	smpp:mo:{parts}:NAME        hash: parts by index, and the fields below
//	smpp:mo:{parts}:last:NAME   hash: digests by index of the parts published last under that name; expires
//	smpp:mo:{parts}:tlvs:NAME   hash: the TLVs of their parts by "SINCE TAG"; expires; only where there are any
//	smpp:mo:{parts}:due         sorted set: "BIND NAME" by when somebody may claim it, in ms
//	smpp:mo:{parts}:open        hash: how many messages of the set each bind has begun
const (
	groupPrefix = "smpp:mo:{parts}:"
	lastPrefix  = groupPrefix + "last:"
	tlvsPrefix  = groupPrefix + "tlvs:"
	dueKey      = groupPrefix + "due"
	openKey     = groupPrefix + "open"
)

// The fields of a group beside its parts. The scripts know them by these names.
const (
	sinceField    = "since"    // ns since 1970
	deadlineField = "deadline" // the same
	memberField   = "member"   // of dueKey
	claimedField  = "claimed"  // somebody has claimed it: no part is added any more
)

// BadGroup says that a key of ours holds what this program did not write.
type BadGroup struct {
	Name string // the key without its prefix; addresses, no text
	Why  string
}

func (e *BadGroup) Error() string { return fmt.Sprintf("group %s: %s", e.Name, e.Why) }

// nameOf writes a key as mno:originator:destination:reference:width:total.
// Addresses are whatever the line brought, so they are escaped.
func nameOf(k port.ConcatKey) string {
	width := "8"
	if k.Wide {
		width = "16"
	}
	return strings.Join([]string{
		url.QueryEscape(k.MNO), url.QueryEscape(k.Originator), url.QueryEscape(k.Destination),
		strconv.Itoa(int(k.Reference)), width, strconv.Itoa(int(k.Total)),
	}, ":")
}

// keyFrom is the inverse of nameOf. A name that a younger message has pushed aside
// ends with #, which no name has, and a number.
func keyFrom(name string) (port.ConcatKey, error) {
	plain, _, _ := strings.Cut(name, "#")
	fields := strings.Split(plain, ":")
	if len(fields) != 6 {
		return port.ConcatKey{}, &BadGroup{name, "want six fields, mno:originator:destination:reference:width:total"}
	}
	var addresses [3]string
	for i := range addresses {
		address, err := url.QueryUnescape(fields[i])
		if err != nil {
			return port.ConcatKey{}, &BadGroup{name, "want addresses as a URL's query escapes them"}
		}
		addresses[i] = address
	}
	reference, referenceErr := strconv.ParseUint(fields[3], 10, 16)
	total, totalErr := strconv.ParseUint(fields[5], 10, 8)
	if referenceErr != nil || totalErr != nil || fields[4] != "8" && fields[4] != "16" {
		return port.ConcatKey{}, &BadGroup{name, "want a reference of 16 bits, a width of 8 or 16, and a total of 8 bits"}
	}
	return port.ConcatKey{
		MNO: addresses[0], Originator: addresses[1], Destination: addresses[2],
		Reference: uint16(reference), Wide: fields[4] == "16", Total: uint8(total),
	}, nil
}

// bindName is how members and openKey name a bind.
func bindName(b port.BindID) string {
	return url.QueryEscape(b.MNO) + ":" + string(b.Direction) + ":" + strconv.Itoa(b.Number)
}

// bindFrom is the inverse of bindName.
func bindFrom(name string) (port.BindID, error) {
	fields := strings.Split(name, ":")
	if len(fields) == 3 {
		mno, err := url.QueryUnescape(fields[0])
		number, err2 := strconv.Atoi(fields[2])
		if err == nil && err2 == nil {
			return port.BindID{MNO: mno, Direction: port.Direction(fields[1]), Number: number}, nil
		}
	}
	return port.BindID{}, &BadGroup{name, "want a bind, mno:direction:bindId"}
}

// valueOf is a part as a field holds it: data_coding, whether there is a user data
// header, the header, the body. A header says its length itself.
func valueOf(p *port.ConcatPart) string {
	headed := byte(0)
	if len(p.Header) > 0 {
		headed = 1
	}
	return string(slices.Concat([]byte{p.DataCoding, headed}, p.Header, p.Body))
}

// partFrom is the inverse of valueOf.
func partFrom(index uint8, value string) (port.ConcatPart, bool) {
	if len(value) < 2 {
		return port.ConcatPart{}, false
	}
	p := port.ConcatPart{Index: index, DataCoding: value[0], Body: []byte(value[2:])}
	if value[1] == 1 {
		if len(p.Body) == 0 || len(p.Body) < 1+int(p.Body[0]) {
			return port.ConcatPart{}, false
		}
		end := 1 + int(p.Body[0])
		p.Header, p.Body = p.Body[:end:end], p.Body[end:]
	}
	return p, true
}

// tlvsFrom reads the TLVs of the message that began at a time, in the order of their tags.
func tlvsFrom(hash map[string]string, since time.Time) (tlvs codec.TLVs) {
	prefix := strconv.FormatInt(since.UnixNano(), 10) + " "
	for field, value := range hash {
		if name, its := strings.CutPrefix(field, prefix); its {
			if tag, err := strconv.ParseUint(name, 16, 16); err == nil {
				tlvs.Add(codec.Tag(tag), []byte(value))
			}
		}
	}
	slices.SortFunc(tlvs, func(a, b codec.TLV) int { return cmp.Compare(a.Tag, b.Tag) })
	return tlvs
}

// groupFrom reads a group's hash.
func groupFrom(hash map[string]string) (g port.ConcatGroup, err error) {
	bind, name, _ := strings.Cut(hash[memberField], " ")
	if g.Key, err = keyFrom(name); err != nil {
		return g, err
	}
	if g.Bind, err = bindFrom(bind); err != nil {
		return g, err
	}
	g.Name = name
	times := map[string]*time.Time{sinceField: &g.Since, deadlineField: &g.Deadline}
	for field, value := range hash {
		switch field {
		case memberField, claimedField:
		case sinceField, deadlineField:
			at, err := strconv.ParseInt(value, 10, 64)
			if err != nil {
				return g, &BadGroup{name, "want " + field + " in nanoseconds since 1970"}
			}
			*times[field] = time.Unix(0, at).UTC()
		default:
			index, err := strconv.ParseUint(field, 10, 8)
			part, ok := partFrom(uint8(index), value)
			if err != nil || !ok {
				return g, &BadGroup{name, "want parts by index, each with its data_coding and header"}
			}
			g.Parts = append(g.Parts, part)
		}
	}
	slices.SortFunc(g.Parts, func(a, b port.ConcatPart) int { return cmp.Compare(a.Index, b.Index) })
	return g, nil
}
