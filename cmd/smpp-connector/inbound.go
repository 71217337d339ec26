package main

import (
	"fmt"
	"time"

	"github.com/ghasi/smpp-connector/actors/dlr"
	"github.com/ghasi/smpp-connector/actors/optional"
	"github.com/ghasi/smpp-connector/codec/receipt"
	"github.com/ghasi/smpp-connector/codec/text"
	"github.com/ghasi/smpp-connector/config"
)

// inboundRules are how what an MNO sends is read, receipts and MOs: the profile's part of
// an account that `profile test` needs too.
func inboundRules(op config.Operator) (dlr.Rules, error) {
	ids, err := receipt.ParseIDRule(op.MessageIDRule)
	if err != nil {
		return dlr.Rules{}, err
	}
	alphabet, err := text.ParseAlphabet(string(op.DefaultAlphabet))
	if err != nil {
		return dlr.Rules{}, err
	}
	var zone *time.Location
	if op.ReceiptZone != "" {
		if zone, err = time.LoadLocation(op.ReceiptZone); err != nil {
			return dlr.Rules{}, fmt.Errorf("receipts.timezone: %w", err)
		}
	}
	return dlr.Rules{
		Detect: receiptDetects[op.ReceiptDetect], IDs: dlr.IDs{IDRule: ids},
		Words:  receipt.Rules{Words: receiptWords(op.ReceiptWords), AcceptedIsFinal: op.AcceptedIsFinal, TextFirst: op.ReceiptTextFirst},
		Errors: receiptErrors(op.ReceiptErrors), Zone: zone,
		Text: text.Options{Default: alphabet, Override: inboundCodings(op, alphabet)}, TLVs: tlvRules(op.TLVs),
	}, nil
}

var receiptDetects = map[config.ReceiptDetect]dlr.Detect{
	config.DetectBits: dlr.ByBits,
	config.DetectTLVs: dlr.ByTLVs,
	config.DetectText: dlr.ByText,
}

func tlvRules(declared []config.TLV) optional.Rules {
	rules := make(optional.Rules, len(declared))
	for i, t := range declared {
		kind, _ := optional.ParseKind(t.Kind) // config knows the same kinds; a test holds them together
		rules[i] = optional.Rule{Name: t.Name, Tag: t.Tag, Kind: kind, Required: t.Required}
	}
	return rules
}

// inboundCodings are the meanings of data_codings in what an MNO sends: as the profile
// says, else as in what it is sent. An MNO that takes GSM7 texts under 1 sends them so.
func inboundCodings(op config.Operator, alphabet text.Alphabet) map[uint8]text.Alphabet {
	meanings := map[uint8]text.Alphabet{}
	if op.UCS2DataCoding != 0 {
		meanings[op.UCS2DataCoding] = text.UCS2
	}
	if op.GSM7DataCoding != 0 {
		meanings[op.GSM7DataCoding] = alphabet
	}
	for _, c := range op.InboundCodings {
		meanings[c.DataCoding] = c.Alphabet
	}
	return meanings
}

func receiptWords(declared []config.ReceiptWord) map[string]uint8 {
	words := make(map[string]uint8, len(declared))
	for _, w := range declared {
		words[w.Word] = uint8(w.State)
	}
	return words
}

func receiptErrors(declared []config.ReceiptError) map[string]string {
	meanings := make(map[string]string, len(declared))
	for _, e := range declared {
		meanings[e.Code] = e.Meaning
	}
	return meanings
}
