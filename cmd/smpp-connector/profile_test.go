package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ghasi/smpp-connector/config"
)

// recordings is where what MNOs send is kept, a file for each profile.
const recordings = "../../config/profiles/testdata/"

// Issue 4.3, features 2.7: every profile that is shipped reads what its MNO is known to
// send, and finds the message of each receipt.
func TestProfilesReadWhatTheirMNOsSend(t *testing.T) {
	files, err := filepath.Glob(recordings + "*.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), ".jsonl"); !slices.Contains(config.Profiles(), name) {
			t.Errorf("%s is of no profile", file)
		}
	}
	for _, name := range config.Profiles() {
		t.Run(name, func(t *testing.T) {
			matched := 0
			for _, line := range objects(t, recordings+name+".jsonl") {
				octets, _ := json.Marshal(line)
				status, out := filtered(t, []string{string(octets)}, "profile", "test", "--profile", name)
				if status != 0 || line["name"] == nil || line["expect"] == nil {
					t.Errorf("%s: %s", octets, out[0])
				}
				if strings.Contains(out[0], ", matches") {
					matched++
				}
			}
			if matched < 2 {
				t.Errorf("%d receipts match: want two kinds at least", matched)
			}
		})
	}
}

// What does not mean what it should is said, with what in the profile would put it right.
func TestProfileTestSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ profile, line, want string }{
		{"vonage", `{"name":"n","id":"201E","text":"id:8222 stat:DELIVRD err:000"}`, "ok     n: receipt, DELIVERED, final, matches, err 000"},
		{"vonage", `{"id":"201E","text":"id:8222 stat:DELIVRD","expect":{"state":"DELIVERED","final":false}}`, "WRONG  final is true, want false"},
		{"default", `{"name":"n","id":"201E","text":"id:8222 stat:DELIVRD"}`, `WRONG  n: matches is false, want true (the receipt names "8222": messageIdRule hex-to-dec would match)`},
		{"default", `{"id":"0000123","text":"id:123 stat:DELIVRD"}`, `WRONG  matches is false, want true (the receipt names "123": messageIdRule strip-zeros would match)`},
		{"default", `{"id":"0000aB1","text":"id:AB1 stat:DELIVRD"}`, `WRONG  matches is false, want true (the receipt names "AB1": messageIdRule strip-zeros+lower would match)`},
		{"default", `{"id":"1","text":"id:2 stat:DELIVRD"}`, `WRONG  matches is false, want true (the receipt names "2": no messageIdRule matches that)`},
		{"default", `{"id":"1","text":"stat:DELIVRD"}`, `WRONG  matches is false, want true (the receipt has no id)`},
		{"default", `{"id":"1","text":"id:1 stat:DELIVRD","expect":{"matches":false}}`, `WRONG  matches is true, want false`},
		{"default", `{"id":"1","esmClass":0,"text":"id:1 stat:DELIVRD"}`, `WRONG  matches is null, want true (it is taken for a subscriber's message: see receipts.detect)`},
		{"default", `{"text":"id:1 stat:BARRED","expect":{"state":"REJECTED"}}`, `WRONG  state is "UNKNOWN", want "REJECTED" (a word of this MNO's own goes into receipts.words)`},
		{"default", `{"text":"id:1 stat:DELIVRD done date:2611301200","expect":{"doneAt":"2026-11-30T07:30:00Z"}}`, `WRONG  doneAt is "", want "2026-11-30T07:30:00Z" (a date without a zone needs receipts.timezone)`},
		{"default", `{"esmClass":0,"text":"hi","expect":{"tlvs":{"A":"1"},"text":"ho"}}`, `WRONG  text is "hi", want "ho"; tlvs is null, want {"A":"1"}`},
		{"default", `{"text":"id:1","expect":{"sate":"REJECTED"}}`, "error: expect.sate: no such field: want any of destinationAddr, doneAt, encoding, errorCode, errorMeaning, final, id, kind, matches, networkErrorCode, sourceAddr, state, text, tlvs"},
		{"default", `{}`, "error: neither pdu, text nor tlvs: want the octets that came, or what they say"},
		{"default", `{"pdu":"zz"}`, "error: pdu: 2 characters that are no octets in hex: want two digits an octet"},
		{"default", `{"pdu":"00000010000000150000000000000001"}`, "error: pdu: a enquire_link: want a deliver_sm or a data_sm"},
		{"default", `{"pdu":"00","text":"x"}`, "error: pdu: with it stands what it says itself (text, tlvs, esmClass, dataCoding, sourceAddr, destinationAddr): want the PDU, or those"},
		{"default", `{"tlvs":{"secret":"x"}}`, "error: tlvs: a name of 6 characters that SMPP does not have: want one of its names, or the tag as in 0x1403"},
		{"default", `{"tlvs":{"message_state":"x"}}`, "error: tlvs.message_state: no uint8"},
	} {
		status, out := filtered(t, []string{c.line}, "profile", "test", "--profile", c.profile)
		if out[0] != c.want || (status == 0) != strings.HasPrefix(c.want, "ok") {
			t.Errorf("%s: exit status %d\n%s, want\n%s", c.line, status, out[0], c.want)
		}
	}
	_, out := filtered(t, []string{`{"name":"n","id":"1","text":"id:2 stat:DELIVRD err:001 text:secret"}`}, "profile", "test", "--json")
	var got tried
	if err := json.Unmarshal([]byte(out[0]), &got); err != nil || got.OK || got.Name != "n" || len(got.Wrong) != 1 || got.Read.State != "DELIVERED" || *got.Read.Matches {
		t.Errorf("%v: %s", err, out[0])
	}
	if strings.Contains(out[0], "secret") {
		t.Errorf("the message's own text is told: %s", out[0])
	}
}

// A profile of a file, an operator with what it overrides, and wrong calls.
func TestProfileTestOfAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "smpp.yaml")
	const yaml = `
profiles: {roshan: {messageIdRule: hex-to-dec, receipts: {words: [BARRED=REJECTED]}, outbind: {listen: "127.0.0.1:1", systemId: mno}}}
operators: [{id: a, host: h, port: 1, systemId: s, password: p, profile: roshan, receipts: {timezone: Asia/Kabul}, addresses: {rewriteInbound: {from: ["0=+93"]}}}]`
	if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	line := `{"id":"201E","sourceAddr":"0700123456","text":"id:8222 stat:BARRED done date:2611301200","expect":{"state":"REJECTED","doneAt":"2026-11-30T07:30:00Z","sourceAddr":"+93700123456"}}`
	status, out := filtered(t, []string{line}, "profile", "test", "--config", file, "--operator", "a")
	if status != 0 || out[0] != "ok     receipt, REJECTED, final, matches, done 2026-11-30T07:30:00Z" {
		t.Errorf("the operator: %d %s", status, out[0])
	}
	status, out = filtered(t, []string{line}, "profile", "test", "--config", file, "--profile", "roshan")
	if status != 1 || !strings.HasPrefix(out[0], `WRONG  doneAt is ""`) || !strings.Contains(out[0], `sourceAddr is "0700123456"`) || strings.Contains(out[0], "state") {
		t.Errorf("the profile alone: %d %s", status, out[0])
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"profile"}, "Usage"},
		{[]string{"profile", "try"}, "Usage"},
		{[]string{"profile", "test", "--profile", "none"}, "vonage"},
		{[]string{"profile", "test", "--config", file, "--operator", "b"}, "no operator of that id"},
		{[]string{"profile", "test", "--config", file, "--operator", "a", "--profile", "roshan"}, "give one of them"},
		{[]string{"profile", "test", "--config", file + ".none"}, "configuration file"},
	} {
		if status, _, complaint := call(t, c.args...); status != 2 || !strings.Contains(complaint, c.want) {
			t.Errorf("%v: %d %s", c.args, status, complaint)
		}
	}
	if status, list, _ := call(t, "profile", "list"); status != 0 || !strings.Contains(list, "vonage\n") {
		t.Errorf("profile list: %d %s", status, list)
	}
}

// Receipts as 22 other implementations and public threads have them are read by the
// default profile, and match the id that they name.
func TestTheDefaultProfileReadsReceiptsFromTheField(t *testing.T) {
	for _, row := range objects(t, shared+"vectors/receipts.jsonl") {
		expect := row["expect"].(map[string]any)
		id, _ := expect["id"].(string)
		line := map[string]any{"id": id, "text": row["text"], "expect": map[string]any{"kind": "receipt", "id": id}}
		if id == "" {
			line["expect"].(map[string]any)["matches"] = nil
		}
		octets, _ := json.Marshal(line)
		if status, out := filtered(t, []string{string(octets)}, "profile", "test"); status != 0 {
			t.Errorf("%v: %s", row["name"], out[0])
		} else if stat, labelled := expect["stat"].(string); labelled && strings.EqualFold(stat, "DELIVRD") != strings.Contains(out[0], "DELIVERED") {
			t.Errorf("%v: stat:%s is read as %s", row["name"], stat, out[0])
		}
	}
}
