package segment

// Version is that of the rules, the tables and the fingerprint in this package,
// and of the npm package that is made from it (npm/). The connector and billing
// have to run the same one (US-SC-036): it rises whenever any text may count,
// split or fingerprint differently, and for whatever else npm has to publish.
const Version = "0.1.0"
