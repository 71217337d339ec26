package receipt

import (
	"math/big"
	"strings"
	"testing"
)

// issue 3, item 5: the pair that a 63-bit parser gets wrong.
func TestUSSC011HexAndDecimalIDsMeet(t *testing.T) {
	const hexID, decID = "812FC7470000001B", "9308878062554710043"
	for _, row := range []struct{ rule, submitted, receipted string }{
		{"hex-to-dec", hexID, decID},
		{"hex-to-dec", strings.ToLower(hexID), decID},
		{"hex-to-dec", "0x" + hexID, "0" + decID},
		{"hex-to-dec", "000" + hexID, decID},
		{"hex-to-dec", hexID, hexID}, // the MNO sends hexadecimal receipts after all
		{"dec-to-hex", decID, hexID},
		{"dec-to-hex", "00" + decID, "0" + strings.ToLower(hexID)},
	} {
		rule, err := ParseIDRule(row.rule)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := rule.Apply(Submitted, row.submitted), rule.Apply(Receipted, row.receipted); a != b {
			t.Errorf("%s: %s becomes %s, %s becomes %s", row.rule, row.submitted, a, row.receipted, b)
		}
	}
}

func TestIDRules(t *testing.T) {
	for _, row := range []struct {
		rule     string
		side     Side
		id, want string
	}{
		{"", Submitted, "00aB", "00aB"},
		{"as-is", Receipted, "00aB", "00aB"},
		{"asIs", Receipted, "00aB", "00aB"},
		{"hex-to-dec", Submitted, "12345678", "305419896"}, // digits alone are hexadecimal too
		{"hex-to-dec", Receipted, "12345678", "12345678"},
		{"hexToDec", Receipted, "0012345678", "12345678"},
		{"hex-to-dec", Submitted, "FF", "255"},
		{"hex-to-dec", Submitted, "0", "0"},
		{"hex-to-dec", Submitted, "", ""},
		{"hex-to-dec", Submitted, "0x", "0x"},
		{"hex-to-dec", Submitted, "7a44aaba-336f-4a92-9502-dd106aa7369f", "7a44aaba-336f-4a92-9502-dd106aa7369f"},
		{"hex-to-dec", Submitted, "G1", "G1"},
		{"hex-to-dec", Submitted, "-1", "-1"},
		{"hex-to-dec", Submitted, "1_0", "1_0"},
		{"dec-to-hex", Submitted, "255", "FF"},
		{"dec-to-hex", Submitted, "MSG-1", "MSG-1"},
		{"dec-to-hex", Receipted, "00ff", "FF"},
		{"dec-to-hex+lower", Receipted, "00FF", "ff"},
		{"strip-zeros", Submitted, "0000436949", "436949"},
		{"strip-zeros", Receipted, "000", "0"},
		{"strip-zeros", Receipted, "", ""},
		{"strip-zeros+upper", Receipted, "00ab12", "AB12"},
		{"upper", Receipted, "ab-cd", "AB-CD"},
		{"lower", Receipted, "AB-CD", "ab-cd"},
	} {
		rule, err := ParseIDRule(row.rule)
		if err != nil {
			t.Fatalf("%s: %v", row.rule, err)
		}
		if got := rule.Apply(row.side, row.id); got != row.want {
			t.Errorf("%s of %q (side %d) is %q, want %q", row.rule, row.id, row.side, got, row.want)
		}
		again, err := ParseIDRule(rule.String())
		if err != nil || again != rule {
			t.Errorf("%s is written %s and read %v %v", row.rule, rule, again, err)
		}
	}
	for _, name := range []string{"hex", "as-is+", "hex-to-dec,upper", "UPPERCASE"} {
		if rule, err := ParseIDRule(name); err == nil {
			t.Errorf("%q is %v", name, rule)
		}
	}
}

// Ids are opaque and of any length; conversion is exact up to the longest that
// SMPP carries and leaves longer ones alone.
func TestIDsOfAnyLength(t *testing.T) {
	rule, _ := ParseIDRule("hex-to-dec")
	long := strings.Repeat("F", 64)
	want, _ := new(big.Int).SetString(long, 16)
	if got := rule.Apply(Submitted, long); got != want.String() {
		t.Errorf("64 digits: %s", got)
	}
	huge := strings.Repeat("F", 100_000)
	if rule.Apply(Submitted, huge) != huge {
		t.Error("an id of 100,000 digits was converted")
	}
}

// issue 3, item 5: why a receipt matched nothing.
func TestDiagnose(t *testing.T) {
	candidates := []string{"812FC7470000001B", "0000436949", "Ab-1", "255"}
	for _, row := range []struct{ id, rule, submitted string }{
		{"0000436949", "as-is", "0000436949"},
		{"AB-1", "upper", "Ab-1"},
		{"436949", "strip-zeros", "0000436949"},
		{"9308878062554710043", "hex-to-dec", "812FC7470000001B"},
		{"ff", "dec-to-hex", "255"},
		{"812fc7470000001b", "upper", "812FC7470000001B"},
	} {
		d, ok := Diagnose(row.id, candidates...)
		if !ok || d.Rule.String() != row.rule || d.Submitted != row.submitted {
			t.Errorf("%s: %v %s %v, want %s %s", row.id, d.Rule, d.Submitted, ok, row.rule, row.submitted)
		}
	}
	for _, id := range []string{"", "77", "nothing"} {
		if d, ok := Diagnose(id, candidates...); ok {
			t.Errorf("%q: %v %s", id, d.Rule, d.Submitted)
		}
	}
	if _, ok := Diagnose("", ""); ok {
		t.Error("no id matches no id")
	}
}

func FuzzIDRule(f *testing.F) {
	f.Add("812FC7470000001B", uint8(1))
	f.Add("0000436949", uint8(2))
	f.Add("7a44aaba-336f-4a92-9502-dd106aa7369f", uint8(3))
	f.Fuzz(func(t *testing.T, id string, n uint8) {
		rule := suspects[int(n)%len(suspects)]
		for _, side := range []Side{Submitted, Receipted} {
			if key := rule.Apply(side, id); (key == "") != (id == "") {
				t.Fatalf("%q becomes %q", id, key)
			}
		}
		// A key is its own receipt: what an MNO writes in the receipts' form meets it.
		if key := rule.Apply(Submitted, id); rule.number != noNumber && rule.Apply(Receipted, key) != key && convert(id, 16, 10) != id {
			t.Fatalf("%v: key %q of %q becomes %q", rule, key, id, rule.Apply(Receipted, key))
		}
	})
}
