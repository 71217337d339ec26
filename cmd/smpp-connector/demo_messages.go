package main

import (
	"fmt"
	"strings"

	contract "github.com/ghasi/smpp-connector/proto"
)

// demoTexts is the mix that the demo sends, over and over: every way in which a
// text meets the two alphabets and the borders of a segment.
var demoTexts = []struct{ what, text string }{
	{"English", "Your verification code is 482913. Do not share it with anyone."},
	{"GSM7 extension characters", "Balance: 250.00 € [prepaid] {valid 30 days} ~ call *123#"},
	{"Pashto", "ستاسو د تایید کوډ ۴۸۲۹۱۳ دی. مهرباني وکړئ دا کوډ له هېچا سره مه شریکوئ."},
	{"Dari", "بسته انترنت شما فعال شد. اعتبار آن تا سی روز می\u200cباشد."},
	{"Arabic", "تم تفعيل اشتراكك بنجاح. شكرا لاستخدامك خدماتنا."},
	{"161 septets: two segments", strings.Repeat("a message of one septet too many ", 4) + "needs two segments, not one."},
	{"300 characters of Pashto: five segments", pashtoOf300()},
}

// pashtoOf300 is a Pashto text of exactly 300 characters.
func pashtoOf300() string {
	const sentence = "ګرانه پېرودونکیه، ستاسو د حساب پاتې اندازه لږه شوې ده. مهرباني وکړئ خپل حساب ډک کړئ ترڅو زموږ له خدمتونو څخه پرله\u200cپسې ګټه واخلئ. "
	runes := []rune(strings.Repeat(sentence, 4))
	return string(runes[:300])
}

// demoCommand is the i-th command: the texts in turn, each to its own recipient.
func demoCommand(i int) *contract.SmsDispatchCommand {
	return &contract.SmsDispatchCommand{
		MessageId: demoID(i),
		To:        fmt.Sprintf("+937%08d", i),
		Text:      demoTexts[i%len(demoTexts)].text,
	}
}

func demoID(i int) string { return fmt.Sprintf("demo-%06d", i) }
