package postgres

import "context"

const forgetSQL = `
UPDATE smpp.message_correlations SET
	source = CASE WHEN ltrim(source, '+') = $1 THEN '' ELSE source END,
	destination = CASE WHEN ltrim(destination, '+') = $1 THEN '' ELSE destination END
WHERE ltrim(source, '+') = $1 OR ltrim(destination, '+') = $1`

// Forget takes a subscriber's number, without a '+', out of the correlations, which go on working
// without it, and returns in how many it stood; with dry it only counts. It reads
// the whole table: a request of a person, not of a program.
func (db *DB) Forget(ctx context.Context, number string, dry bool) (rows int, err error) {
	err = db.call(ctx, "forget a number", func(ctx context.Context) error {
		if dry {
			return db.pool.QueryRow(ctx, `SELECT count(*) FROM smpp.message_correlations WHERE ltrim(source, '+') = $1 OR ltrim(destination, '+') = $1`, number).Scan(&rows)
		}
		tag, err := db.pool.Exec(ctx, forgetSQL, number)
		rows = int(tag.RowsAffected())
		return err
	})
	return rows, err
}
