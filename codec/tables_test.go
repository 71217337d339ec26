package codec_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/ghasi/smpp-connector/codec"
)

// The tables of names are held to the spec as eight other implementations and
// Wireshark have it: to a small table of our own, and to the shared data where it
// is. Numbers that 3.4 reserves and a single library names stay without a name.

const sharedTables = "../../shared/data/smpp/"

func numeric(t *testing.T, text string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(text, 0, 32)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestTablesAgainstOwnCopy needs nothing but this folder.
func TestTablesAgainstOwnCopy(t *testing.T) {
	count := map[string]int{}
	for _, row := range readTable(t, "testdata/names.tsv") {
		kind, number, name, detail := row[0], numeric(t, row[1]), row[2], row[4]
		count[kind]++
		switch kind {
		case "command":
			checkCommand(t, codec.CommandID(number), name, detail)
		case "status":
			if s := codec.Status(number); s.String() != name || !s.Known() {
				t.Errorf("status 0x%X is %s, want %s", number, s.String(), name)
			}
		case "tlv":
			octets := strings.LastIndex(detail, " ")
			checkTag(t, codec.Tag(number), name, detail[:octets], detail[octets+1:])
		case "state":
			stat, final, _ := strings.Cut(detail, " ")
			checkState(t, codec.MessageState(number), name, stat, final)
		default:
			t.Errorf("kind %q", kind)
		}
	}
	for kind, got := range map[string]int{
		"command": len(codec.KnownCommands()), "status": len(codec.KnownStatuses()),
		"tlv": len(codec.KnownTags()), "state": 10,
	} {
		if got != count[kind] {
			t.Errorf("%d of kind %s are known, the table has %d", got, kind, count[kind])
		}
	}
}

// TestTablesAgainstSharedData reads the tables that the own copy was made from.
func TestTablesAgainstSharedData(t *testing.T) {
	for _, row := range readTable(t, sharedTables+"command_id.tsv") {
		if row[2] == "3.4" || row[2] == "5.0" {
			checkCommand(t, codec.CommandID(numeric(t, row[0])), row[1], row[4])
		} else if id := codec.CommandID(numeric(t, row[0])); id.Known() {
			t.Errorf("%s of %s is no SMPP command", row[1], row[2])
		}
	}
	for _, row := range readTable(t, sharedTables+"command_status.tsv") {
		if strings.Contains(row[0], "-") {
			continue // the vendors' range
		}
		s := codec.Status(numeric(t, row[0]))
		if standard := row[2] == "3.4" || row[2] == "5.0"; standard && s.String() != row[1] {
			t.Errorf("status %s is %s, want %s", row[0], s.String(), row[1])
		} else if !standard && !strings.EqualFold(s.String(), row[0]) {
			t.Errorf("status %s is %s, 3.4 reserves it", row[0], s.String())
		}
	}
	for _, row := range readTable(t, sharedTables+"tlv.tsv") {
		checkTag(t, codec.Tag(numeric(t, row[0])), row[1], row[3], row[4])
	}
	for _, row := range readTable(t, sharedTables+"message_state.tsv") {
		checkState(t, codec.MessageState(numeric(t, row[0])), row[1], row[3], row[4])
	}
}

// checkCommand holds the name, and the fields of the struct: their names, order
// and limits. TLVs may follow any body.
func checkCommand(t *testing.T, id codec.CommandID, name, body string) {
	t.Helper()
	if id.String() != name || !id.Known() {
		t.Errorf("command 0x%X is %v, want %s", uint32(id), id, name)
		return
	}
	p := codec.New(id)
	if p.Command() != id {
		t.Errorf("%v makes a struct of %v", id, p.Command())
	}
	var l layout
	codec.Walk(p, &l)
	if body == "-" {
		body = ""
	}
	if got := strings.Join(l.fields, ","); got != body {
		t.Errorf("%s\n got %s\nwant %s", name, got, body)
	}
}

// layout writes down the fields as the shared table has them.
type layout struct{ fields []string }

func (l *layout) say(format string, args ...any) {
	l.fields = append(l.fields, fmt.Sprintf(format, args...))
}
func (l *layout) Text(name string, limit int, _ *string) { l.say("%s:cstr<=%d", name, limit) }
func (l *layout) Time(name string, _ *string)            { l.say("%s:time(1|17)", name) }
func (l *layout) Number(name string, _ *uint8)           { l.say("%s:u8", name) }
func (l *layout) Message(*[]byte)                        { l.say("sm_length:u8,short_message:octets<=254") }
func (l *layout) Destinations(*[]codec.Destination)      { l.say("number_of_dests:u8,dest_address[]") }
func (l *layout) Unsuccessful(*[]codec.UnsuccessSME)     { l.say("no_unsuccess:u8,unsuccess_sme[]") }
func (l *layout) TLVs(*codec.TLVs)                       {}
func (l *layout) Rest(name string, _ *[]byte)            { l.say("%s", name) }

func checkTag(t *testing.T, tag codec.Tag, name, kind, length string) {
	t.Helper()
	if tag.String() != name || !tag.Known() {
		t.Errorf("TLV 0x%04X is %v, want %s", uint16(tag), tag, name)
	}
	want, ok := map[string]codec.TagKind{
		"Integer": codec.Integer, "bitmask": codec.Bitmask, "C-Octet String": codec.Text,
		"Octet String": codec.Octets, "none": codec.Empty, "?": codec.Octets,
	}[kind]
	if !ok || tag.Kind() != want {
		t.Errorf("%s: kind %v, want %s", name, tag.Kind(), kind)
	}
	if length == "?" {
		length = "0-65535"
	}
	least, most := tag.Limits()
	got := fmt.Sprintf("%d-%d", least, most)
	if least == most {
		got = fmt.Sprint(most)
	}
	if got != length {
		t.Errorf("%s: %s octets, want %s", name, got, length)
	}
}

func checkState(t *testing.T, s codec.MessageState, name, stat, final string) {
	t.Helper()
	if s.String() != name || s.Final() != (final == "yes") || strings.Trim(stat, "-") != s.Stat() {
		t.Errorf("state %d is %v %q final %v, want %s %q %s", s, s, s.Stat(), s.Final(), name, stat, final)
	}
}

// What nobody names shows as its number, in the width of the field: a metric label
// stays one of a bounded set.
func TestUnknownNumbersShowAsHex(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{codec.Status(0x450).String(), "0x00000450"},
		{codec.Status(0x450).Error(), "0x00000450 (vendor-specific error of this SMSC)"},
		{codec.Status(0x19).Error(), "0x00000019 (reserved by SMPP 3.4)"},
		{codec.StatusThrottled.String(), "ESME_RTHROTTLED"},
		{codec.CommandID(0x01020304).String(), "0x01020304"},
		{codec.CommandID(0xFFFFFFFF).String(), "0xFFFFFFFF"},
		{codec.Tag(0x1403).String(), "0x1403"},
		{codec.MessageState(42).String(), "0x2A"},
	} {
		if c.got != c.want {
			t.Errorf("%s, want %s", c.got, c.want)
		}
	}
	if !codec.Tag(0x1403).Vendor() || codec.TagMessagePayload.Vendor() || !codec.Status(0x4FF).Vendor() {
		t.Error("the vendors' ranges are 0x1400-0x3FFF and 0x400-0x4FF")
	}
}
