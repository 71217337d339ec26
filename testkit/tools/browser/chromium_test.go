package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is for one test in the browser: a loaded machine of two cores is slow.
const patience = 8 * time.Minute

// step is something that a user or a test does.
type step = chromedp.Action[chromedp.Void]

// open starts a Chromium of its own. What the page's script throws or complains of
// fails the test.
func open(t *testing.T) context.Context {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("chromium is not installed: make needs")
		}
		t.Skip("SKIPPED: chromium is not installed (Debian package chromium): the page was not tried in a browser")
	}
	ctx, end := context.WithTimeout(context.Background(), patience)
	t.Cleanup(end)
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(program), chromedp.UserDataDir(t.TempDir()), chromedp.WSURLReadTimeout(patience / 4),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck}
	for _, name := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "disable-dev-shm-usage",
		"disable-extensions", "hide-scrollbars", "mute-audio"} {
		options = append(options, chromedp.Flag(name, true))
	}
	ctx, end = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(end)
	ctx, end = chromedp.NewContext(ctx, chromedp.WithListener(func(happened any) {
		switch e := happened.(type) {
		case *runtime.EventExceptionThrown:
			t.Errorf("the script threw: %+v", *e.ExceptionDetails)
		case *runtime.EventConsoleAPICalled:
			if e.Type == "error" {
				t.Errorf("the script complains: %v", e.Args)
			}
		}
	}))
	t.Cleanup(end)
	t.Cleanup(func() { _ = chromedp.Cancel(ctx) }) // waits until the browser has gone
	return ctx
}

// do performs steps, and fails the test with what they were for.
func do(t *testing.T, ctx context.Context, what string, steps ...step) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// ask evaluates an expression to a text. It is an error where the page gives way to
// another meanwhile ("navigated or closed").
func ask(ctx context.Context, expression string) (string, error) {
	return chromedp.Run(ctx, chromedp.Evaluate[string](`String(`+expression+`)`))
}

// say is ask of a page that stays.
func say(t *testing.T, ctx context.Context, expression string) string {
	t.Helper()
	text, err := ask(ctx, expression)
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return text
}

// is waits until an expression of the page is true, also while the page gives way to
// another. (chromedp's own Poll makes a function of a text, which the page's policy forbids.)
func is(t *testing.T, ctx context.Context, expression string) {
	t.Helper()
	var last error
	for end := time.Now().Add(patience / 4); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(50 * time.Millisecond) {
		// Between two pages nothing is there yet, and what asks for it throws.
		var answer string
		if answer, last = ask(ctx, `(() => { try { return Boolean(`+expression+`) } catch { return false } })()`); answer == "true" {
			return
		}
	}
	page, err := ask(ctx, `document.body.innerText.slice(-600)`)
	t.Fatalf("not true within %v: %s\nthe page says: %s (%v; at the last try: %v)", patience/4, expression, page, err, last)
}

// follow clicks an element that an expression finds and that leads to another page. The
// click comes behind the answer to this, which would be lost with the page.
func follow(t *testing.T, ctx context.Context, what, element string) {
	t.Helper()
	do(t, ctx, what, chromedp.Evaluate[chromedp.Void](`void setTimeout((link) => link.click(), 0, `+element+`)`))
}

// click clicks what a selector finds, when it has come to rest: what is above it may
// still be growing.
func click(t *testing.T, ctx context.Context, selector string) {
	t.Helper()
	place := fmt.Sprintf(`JSON.stringify(document.querySelector(%q)?.getBoundingClientRect() ?? null)`, selector)
	for before := "null"; ; time.Sleep(100 * time.Millisecond) {
		now, err := ask(ctx, place)
		if ctx.Err() != nil {
			t.Fatalf("%s has not come to rest: %v", selector, err)
		}
		if err == nil && now == before && now != "null" {
			break
		}
		before = now
	}
	do(t, ctx, "click "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// screen is how somebody looks at the page.
type screen struct {
	name          string
	width, height int64
	dark, phone   bool
}

func (s screen) set() step {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		scheme, scale := "light", 1.0
		if s.dark {
			scheme = "dark"
		}
		if s.phone {
			scale = 2
		}
		if _, err := cdp.Call(ctx, target, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: s.width, Height: s.height, DeviceScaleFactor: scale, Mobile: s.phone}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
		return err
	})
}

// shoot keeps a picture in the folder that SCREENSHOTS names, for somebody to look at.
func shoot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil || len(png) < 1000 {
		t.Fatalf("the picture %s has %d octets: %v", name, len(png), err)
	}
	if folder := os.Getenv("SCREENSHOTS"); folder != "" {
		if err := os.WriteFile(filepath.Join(folder, name+".png"), png, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
