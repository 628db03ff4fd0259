// Package app is the roof of the house: the programs and their wiring live in
// the folders below it. It has no code of its own, only tests: the rules of
// who may import whom, where SQL may stand and how packages are described,
// each checked over the whole module and each shown to catch a planted
// violation. CONTRIBUTING.md says the rules in words.
package app
