package codec

import "testing"

// features §5.5: masks, never != 0. 0x44 is a receipt with a user data header.
func TestESMClass(t *testing.T) {
	for _, c := range []struct {
		class                              ESMClass
		mode, kind                         ESMClass
		udhi, reply, receipt, intermediate bool
	}{
		{0x00, ESMModeDefault, ESMTypeDefault, false, false, false, false},
		{0x44, ESMModeDefault, ESMTypeReceipt, true, false, true, false},
		{0x07, ESMModeStoreForward, ESMTypeReceipt, false, false, true, false},
		{0x20, ESMModeDefault, ESMTypeIntermediate, false, false, false, true},
		{0x24, ESMModeDefault, 0x24, false, false, false, false}, // cloudhopper's mask 0x1C calls this a receipt
		{0x18, ESMModeDefault, ESMTypeAbort, false, false, false, false},
		{0xC3, ESMModeStoreForward, ESMTypeDefault, true, true, false, false},
	} {
		e := c.class
		if e.Mode() != c.mode || e.Type() != c.kind || e.UDHI() != c.udhi || e.ReplyPath() != c.reply ||
			e.IsReceipt() != c.receipt || e.IsIntermediate() != c.intermediate {
			t.Errorf("0x%02X: mode %d type 0x%02X udhi %v reply %v receipt %v intermediate %v",
				uint8(e), e.Mode(), uint8(e.Type()), e.UDHI(), e.ReplyPath(), e.IsReceipt(), e.IsIntermediate())
		}
	}
}

func TestRegisteredDeliveryAndDataCoding(t *testing.T) {
	if d := ReceiptAlways | NotifyIntermediate; d != 0x11 || d.Receipt() != ReceiptAlways || !d.Intermediate() {
		t.Errorf("final and intermediate is 0x11, got 0x%02X", uint8(d))
	}
	for coding, want := range map[DataCoding]int{0x00: -1, 0x08: -1, 0xE0: -1, 0xF0: 0, 0xF1: 1, 0xF7: 3} {
		class, ok := coding.Class()
		if ok != (want >= 0) || ok && int(class) != want {
			t.Errorf("data_coding 0x%02X: class %d %v, want %d", uint8(coding), class, ok, want)
		}
	}
}
