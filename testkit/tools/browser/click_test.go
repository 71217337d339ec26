package browser

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/ghasi/smpp-connector/actors/vitals"
)

// row is the row of a bind as the script of a test finds it.
func row(bind string) string {
	return fmt.Sprintf(`[...document.querySelectorAll('#rows .row')].find((r) => r.querySelector('.name a').textContent === %q)`, bind)
}

const firstName = `document.querySelector('#rows .row:not([hidden]) .name a').textContent`

// issue 8, point 1: the page is alive. What changes in the process changes on it
// without a hand, what is ill comes first, and what is gone goes.
func TestThePageIsAlive(t *testing.T) {
	s := newStage(t, 7, "")
	ctx := open(t)
	do(t, ctx, "open the page", chromedp.Navigate(s.url("/debug/actors")))
	is(t, ctx, `document.querySelectorAll('#rows .row').length === 7`)
	is(t, ctx, row("mtn.trx.1")+`.querySelector('.state').textContent === 'BOUND'`)

	s.turn("mtn.trx.1", "DISCONNECTED", "DISCONNECTED", "HeartbeatLost: no answer to enquire_link within 10s")
	is(t, ctx, firstName+` === 'mtn.trx.1'`)
	is(t, ctx, row("mtn.trx.1")+`.dataset.severity === 'ill'`)
	is(t, ctx, row("mtn.trx.1")+`.querySelector('.why').textContent.includes('no answer to enquire_link within 10s · attempt 3 failed · next dial in ')`)
	if got := say(t, ctx, `getComputedStyle(`+row("mtn.trx.1")+`.querySelector('.state')).color`); got == say(t, ctx, `getComputedStyle(`+row("awcc.trx.1")+`.querySelector('.state')).color`) {
		t.Errorf("DISCONNECTED and BOUND have one colour: %s", got)
	}
	s.turn("mtn.trx.1", "BOUND", "BOUND", "")
	s.change("awcc.trx.1", func(_ *vitals.Actor, b *vitals.Bind) {
		b.TPS, b.InFlight, b.Window, b.LimitedBy = 187, 42, 50, "tps"
		b.Statuses = []vitals.StatusShare{{Status: "ESME_ROK", Recent: 90}, {Status: "ESME_RTHROTTLED", Recent: 10}}
		b.Receipts, b.ReceiptsTotal, b.LastReceipt, b.ReceiptP50Ms, b.ReceiptP99Ms = 31, 4000, time.Now().Add(-2*time.Hour), 1500, 42_000
	})
	is(t, ctx, row("mtn.trx.1")+`.dataset.severity === 'well'`)
	for cell, want := range map[string]string{".rate": "187 / 200", ".window .num": "42 / 50 of 100", ".limit": "TPS", ".mix small": "ESME_RTHROTTLED 10 %"} {
		is(t, ctx, row("awcc.trx.1")+fmt.Sprintf(`.querySelector(%q).textContent === %q`, cell, want))
	}
	is(t, ctx, row("awcc.trx.1")+`.querySelector('.receipts').textContent.startsWith('31 · 2') && `+row("awcc.trx.1")+`.querySelector('.receipts').title.includes('p50 · p99: 1.5')`)
	s.change("salaam.trx.1", func(_ *vitals.Actor, b *vitals.Bind) { b.Order, b.LimitedBy = "paused", "paused" })
	is(t, ctx, row("salaam.trx.1")+`.dataset.severity === 'trouble' && `+row("salaam.trx.1")+`.querySelector('.why').textContent.startsWith('Paused by order')`)
	s.drop("roshan.trx.1")
	is(t, ctx, `document.querySelectorAll('#rows .row').length === 6`)
	if got := say(t, ctx, `performance.getEntriesByType('resource').filter((e) => !e.name.startsWith(location.origin)).length`); got != "0" {
		t.Errorf("%s things came from elsewhere", got)
	}
}

// Names that run from right to left stand whole, each in its own direction.
func TestNamesFromRightToLeft(t *testing.T) {
	s := newStage(t, 7, "")
	ctx := open(t)
	do(t, ctx, "open the page", chromedp.Navigate(s.url("/debug/actors")))
	name := rtlMNO + ".trx.1"
	is(t, ctx, `Boolean(`+row(name)+`)`)
	if got := say(t, ctx, `getComputedStyle(`+row(name)+`.querySelector('.name a')).direction`); got != "rtl" {
		t.Errorf("the name runs %s", got)
	}
	if got := say(t, ctx, row(name)+`.querySelector('.operator').textContent`); !strings.Contains(got, rtlOwner) {
		t.Errorf("beside it stands %q, want the owner %q", got, rtlOwner)
	}
	if got := say(t, ctx, `getComputedStyle(`+row(name)+`).direction`); got != "ltr" {
		t.Errorf("the row runs %s", got)
	}
	follow(t, ctx, "open the bind", row(name)+`.querySelector('.name a')`)
	is(t, ctx, `document.body.dataset.page === 'bind' && document.querySelector('h1').textContent === `+fmt.Sprintf("%q", name))
	is(t, ctx, `document.getElementById('state').textContent === 'BOUND'`)
}

// Find and filter among a thousand, by hand and by keyboard.
func TestFindingAmongAThousand(t *testing.T) {
	s := newStage(t, 1000, "")
	s.trouble()
	ctx := open(t)
	do(t, ctx, "open the page", screen{width: 1400, height: 900}.set(), chromedp.Navigate(s.url("/debug/actors")))
	is(t, ctx, `document.querySelectorAll('#rows .row').length === 1000`)
	visible := `document.querySelectorAll('#rows .row:not([hidden])').length`
	slash := func() { // chromedp sends the character even when the page has taken the key, so it is sent as a key alone
		do(t, ctx, "press /", chromedp.Evaluate[chromedp.Void](`document.dispatchEvent(new KeyboardEvent('keydown', { key: '/', bubbles: true, cancelable: true }))`))
		is(t, ctx, `document.activeElement.id === 'find'`)
	}
	slash()
	do(t, ctx, "write", chromedp.KeyEvent("reset by peer"))
	is(t, ctx, visible+` === 1 && `+firstName+` === 'roshan.trx.1'`)
	is(t, ctx, `document.getElementById('count').textContent === '1 of 1,000 binds' && new URL(location).searchParams.get('q') === 'reset by peer'`)
	do(t, ctx, "press escape", chromedp.KeyEvent("\x1b"))
	is(t, ctx, visible+` === 1000`)
	click(t, ctx, `#chips button[data-state=DRAINING]`)
	is(t, ctx, visible+` === 1 && `+firstName+` === 'etisalat.trx.1'`)
	do(t, ctx, "open the address again", chromedp.Navigate(s.url("/debug/actors?state=DRAINING")))
	is(t, ctx, visible+` === 1 && document.querySelector('#chips button[data-state=DRAINING]').getAttribute('aria-pressed') === 'true'`)
	slash()
	do(t, ctx, "find nothing", chromedp.KeyEvent("nobody has this name"))
	is(t, ctx, `!document.getElementById('empty').hidden`)
	click(t, ctx, `#clear`)
	is(t, ctx, visible+` === 1000 && document.activeElement.id === 'find'`)

	// The arrows go from bind to bind, and Enter opens one.
	do(t, ctx, "go down twice", chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowDown))
	is(t, ctx, `document.activeElement.textContent === 'etisalat.trx.1'`)
	s.turn("salaam.trx.1", "DISCONNECTED", "DISCONNECTED", "PeerUnbound") // the order changes, the focus does not
	is(t, ctx, row("salaam.trx.1")+`.dataset.severity === 'ill'`)
	is(t, ctx, `document.activeElement.textContent === 'etisalat.trx.1'`)
	do(t, ctx, "press Enter", chromedp.KeyEvent("\r"))
	is(t, ctx, `document.body.dataset.bind === 'etisalat.trx.1'`)
}

// A click opens the bind: its state lit in the drawing, the last quarter of an hour,
// the flight recorder, and its file for Wireshark.
func TestAClickOpensTheBind(t *testing.T) {
	s := newStage(t, 7, "")
	s.trouble()
	ctx := open(t)
	do(t, ctx, "open the page", screen{width: 1400, height: 900}.set(), chromedp.Navigate(s.url("/debug/actors")))
	is(t, ctx, `document.querySelectorAll('#rows .row').length === 7`)
	click(t, ctx, `#rows .row:nth-child(2) .name a`)
	is(t, ctx, `document.querySelector('h1').textContent === 'etisalat.trx.1'`)
	is(t, ctx, `document.querySelector('.life .lit').dataset.state === 'BOUND' && document.querySelector('.life .lit .sub').textContent === 'DRAINING'`)
	is(t, ctx, `document.querySelectorAll('.spark .curve').length === 5 && document.querySelectorAll('.spark .band [data-severity=ill]').length === 5`)
	is(t, ctx, `document.querySelector('#statuses tbody').innerText.includes('ESME_RMSGQFUL')`)
	is(t, ctx, `document.querySelector('#lines td:nth-child(2)').textContent === 'etisalat.example:2775'`)
	is(t, ctx, `[...document.querySelectorAll('#below td:first-child')].map((e) => e.textContent).join() === 'bind,concat,sequence,session,window'`)
	is(t, ctx, `document.getElementById('pdus').textContent.includes('submit_sm_resp seq=3 ESME_RTHROTTLED') && !document.getElementById('pdus').textContent.includes('enquire_link')`)
	click(t, ctx, `#beats`)
	is(t, ctx, `document.getElementById('pdus').textContent.includes('enquire_link_resp')`)
	if got := say(t, ctx, `document.querySelector('.heading a.button').getAttribute('href')`); got != "/debug/binds/etisalat.trx.1/pdus?format=pcapng" {
		t.Errorf("the download leads to %s", got)
	}
	s.turn("etisalat.trx.1", "DISCONNECTED", "DISCONNECTED", "LineLost: EOF")
	is(t, ctx, `document.querySelector('.life .lit').dataset.state === 'DISCONNECTED' && document.getElementById('why').textContent.startsWith('LineLost: EOF')`)
	click(t, ctx, `.back a`)
	is(t, ctx, `document.body.dataset.page === 'actors' && `+firstName+` === 'etisalat.trx.1'`)
}

// The tree opens where somebody clicks, and follows the process.
func TestTheTreeOfActors(t *testing.T) {
	s := newStage(t, 7, "")
	ctx := open(t)
	do(t, ctx, "open the page", screen{width: 1400, height: 2400}.set(), chromedp.Navigate(s.url("/debug/actors")))
	leaf := func(path string) string { return fmt.Sprintf(`document.querySelector('#tree li[data-path=%q]')`, path) }
	is(t, ctx, `Boolean(`+leaf("connector/bridge/nats")+`) && !`+leaf("connector/operator/awcc/bind/awcc/trx/1"))
	for _, path := range []string{"connector/operator/awcc", "connector/operator/awcc/bind/awcc/trx/1"} {
		click(t, ctx, fmt.Sprintf(`#tree li[data-path=%q] summary`, path))
		is(t, ctx, leaf(path)+`.querySelector('details').open`)
	}
	is(t, ctx, `Boolean(`+leaf("connector/operator/awcc/bind/awcc/trx/1/window")+`)`)
	s.change("awcc.trx.1", func(a *vitals.Actor, b *vitals.Bind) {
		b.Restarts, b.LastFailure = 2, &vitals.Failure{Reason: "a bug <b>it is</b>", At: s.begun, Bug: true}
	})
	is(t, ctx, leaf("connector/operator/awcc/bind/awcc/trx/1")+`.innerText.includes('bug: a bug <b>it is</b>')`)
}

// With a token, somebody logs in first; and a stream that was cut comes again by itself.
func TestLoginAndReconnect(t *testing.T) {
	const secret = "the-debug-token-of-this-test"
	s := newStage(t, 7, secret)
	ctx := open(t)
	do(t, ctx, "open the page", chromedp.Navigate(s.url("/debug/binds/awcc.trx.1")))
	is(t, ctx, `location.pathname === '/debug/login'`)
	shoot(t, ctx, "login")
	do(t, ctx, "log in wrongly", chromedp.SendKeys(chromedp.CSS(`#token`), "something else\r"))
	is(t, ctx, `document.querySelector('[role=alert]')?.textContent.includes('not the debug token')`)
	do(t, ctx, "log in", chromedp.SendKeys(chromedp.CSS(`#token`), secret+"\r"))
	is(t, ctx, `location.pathname === '/debug/binds/awcc.trx.1' && document.getElementById('live').dataset.live === 'yes'`)
	if got := say(t, ctx, `document.cookie + document.documentElement.outerHTML`); strings.Contains(got, secret) {
		t.Error("the page's script can read the token")
	}

	s.stop(t)
	is(t, ctx, `document.getElementById('live').dataset.live === 'no' && document.getElementById('live').textContent === 'reconnecting'`)
	s.start(t, s.server.DebugAddr())
	is(t, ctx, `document.getElementById('live').dataset.live === 'yes'`)
}
