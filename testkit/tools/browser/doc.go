// Package browser holds no program: its tests open the page of infra/page in a real
// Chromium, over the real server of infra/httpapi, and click.
package browser
