// Package migrations holds the database's history as SQL files, compiled into
// the program so that a pod needs no second artefact to prepare its database.
//
// Rule 1: a file that has been released is never edited; a change is a new file
// with the next number. infra/postgres refuses to start on an edited one.
//
// Rule 2: forward only, and each file works while pods of the version before it
// are still running, because a rolling update runs both.
package migrations

import "embed"

// Files are the migrations, applied by infra/postgres in the order of their
// four-digit numbers: NNNN_what_it_does.sql.
//
//go:embed *.sql
var Files embed.FS
