package browser

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

// issue 8, point 1: readable on a desk, on a phone and in the dark.
func TestThePageOnEveryScreen(t *testing.T) {
	few, many := newStage(t, 7, ""), newStage(t, 1000, "")
	few.trouble()
	many.trouble()
	ctx := open(t)
	for _, s := range []screen{
		{name: "desk", width: 1400, height: 900},
		{name: "dark", width: 1400, height: 900, dark: true},
		{name: "phone", width: 390, height: 844, phone: true},
		{name: "phone-dark", width: 390, height: 844, phone: true, dark: true},
	} {
		for name, path := range map[string]string{"few": few.url("/debug/actors"), "many": many.url("/debug/actors"), "bind": few.url("/debug/binds/etisalat.trx.1"), "ill": few.url("/debug/binds/roshan.trx.1")} {
			do(t, ctx, "open "+path, s.set(), chromedp.Navigate(path))
			is(t, ctx, `document.getElementById('live').dataset.live === 'yes'`)
			if name == "bind" || name == "ill" {
				is(t, ctx, `document.querySelectorAll('#pdus li').length > 3 && document.querySelectorAll('.spark').length === 5`)
			}
			if wide := say(t, ctx, `document.documentElement.scrollWidth`); wide != fmt.Sprint(s.width) {
				t.Errorf("%s on %s: the page is %s wide, the screen %d", name, s.name, wide, s.width)
			}
			shoot(t, ctx, name+"-"+s.name)
			if name == "bind" {
				do(t, ctx, "scroll", chromedp.Evaluate[chromedp.Void](`window.scrollTo(0, 900)`))
				shoot(t, ctx, name+"-"+s.name+"-2")
			}
		}
	}
}
