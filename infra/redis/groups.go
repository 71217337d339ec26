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
)

// groupPrefix begins the keys of inbound messages in parts. The braces are a
// hash tag: on a cluster all of them live in one slot.
const (
	groupPrefix = "smpp:mo:{parts}:"
	dueKey      = groupPrefix + "due"
)

// deadlineField is the field of a group's hash beside its parts, whose fields
// are their indexes in decimal.
const deadlineField = "deadline"

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

// keyFrom is the inverse of nameOf.
func keyFrom(name string) (port.ConcatKey, error) {
	fields := strings.Split(name, ":")
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

// groupFrom reads a group's hash: the deadline, and data_coding and body of each part.
func groupFrom(key port.ConcatKey, hash map[string]string) (port.ConcatGroup, error) {
	group := port.ConcatGroup{Key: key, Parts: make([]port.ConcatPart, 0, len(hash)-1)}
	for field, value := range hash {
		if field == deadlineField {
			at, err := strconv.ParseInt(value, 10, 64)
			if err != nil {
				return group, &BadGroup{nameOf(key), "want a deadline in nanoseconds since 1970"}
			}
			group.Deadline = time.Unix(0, at).UTC()
			continue
		}
		index, err := strconv.ParseUint(field, 10, 8)
		if err != nil || value == "" {
			return group, &BadGroup{nameOf(key), "want parts by index, each with its data_coding"}
		}
		group.Parts = append(group.Parts, port.ConcatPart{Index: uint8(index), DataCoding: value[0], Body: []byte(value[1:])})
	}
	slices.SortFunc(group.Parts, func(a, b port.ConcatPart) int { return cmp.Compare(a.Index, b.Index) })
	return group, nil
}
