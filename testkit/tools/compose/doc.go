// Package compose holds the test of deploy/compose.yaml: read with Compose's own
// library, strictly, and held against the files and settings that it names. Nothing
// of it is started: that needs Docker.
package compose
