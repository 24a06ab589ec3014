// The judge answers questions about proofs with golang.org/x/mod/sumdb, which
// is the code of Go's own checksum database and knows nothing of Steno. One
// question a line in, one answer a line out, both JSON; `ours.js` answers the
// same ones with the code under test.
//
// Where the package lets something pass that the specifications forbid, or
// leaves to others, the judge adds the rule by itself; each is marked STRICTER.
package main

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Numbers that every implementation can hold: JSON's go up to here.
const largest = 1<<53 - 1

type head struct {
	Size int64
	Root []byte
}

type question struct {
	Ask string

	// tree
	Leaves  [][]byte
	Sizes   []int64
	Places  []struct{ Index, Size int64 }
	Growths []struct{ From, To int64 }

	// inclusion, consistency
	Index    int64
	Size     int64
	LeafHash []byte
	Proof    [][]byte
	Root     []byte
	From, To head

	// note, vkey, checkpoint
	Note  []byte
	Vkeys []string
	Vkey  string
	Text  []byte

	// tile paths and tiles
	Path  string
	Level int
	Width int
	Files map[string][]byte
	Picks []int64
}

type answer map[string]interface{}

var no = answer{"valid": false}

func main() {
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) == 0 && err != nil {
			return
		}
		var q question
		if err := json.Unmarshal(line, &q); err != nil {
			fmt.Fprintln(os.Stderr, "not a question:", err)
			os.Exit(1)
		}
		text, err := json.Marshal(answerTo(q))
		if err != nil {
			fmt.Fprintln(os.Stderr, "not an answer:", err)
			os.Exit(1)
		}
		out.Write(append(text, '\n'))
	}
}

func answerTo(q question) answer {
	switch q.Ask {
	case "tree":
		return tree(q)
	case "inclusion":
		return inclusion(q)
	case "consistency":
		return consistency(q)
	case "vkey":
		return vkey(q)
	case "note":
		return openNote(q)
	case "checkpoint":
		return checkpoint(q)
	case "tile path":
		return tilePath(q)
	case "tile":
		return answer{"path": ourPath(tlog.Tile{H: 8, L: q.Level, N: q.Index, W: q.Width})}
	case "tiles":
		return tiles(q)
	}
	fmt.Fprintln(os.Stderr, "a question nobody knows:", q.Ask)
	os.Exit(1)
	return nil
}

// Trees

type memory []tlog.Hash

func (m memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(m)) {
			return nil, errors.New("no such hash")
		}
		hashes[i] = m[index]
	}
	return hashes, nil
}

func tree(q question) answer {
	var stored memory
	for i, leaf := range q.Leaves {
		hashes, err := tlog.StoredHashes(int64(i), leaf, stored)
		must(err)
		stored = append(stored, hashes...)
	}
	var roots [][]byte
	for _, size := range q.Sizes {
		root, err := tlog.TreeHash(size, stored)
		must(err)
		roots = append(roots, clone(root))
	}
	var paths, proofs [][][]byte
	for _, place := range q.Places {
		proof, err := tlog.ProveRecord(place.Size, place.Index, stored)
		must(err)
		paths = append(paths, bytesOf(proof))
	}
	for _, growth := range q.Growths {
		proof, err := tlog.ProveTree(growth.To, growth.From, stored)
		must(err)
		proofs = append(proofs, bytesOf(proof))
	}
	return answer{"roots": roots, "paths": paths, "proofs": proofs}
}

func inclusion(q question) answer {
	proof, ok1 := hashesOf(q.Proof)
	leaf, ok2 := hashOf(q.LeafHash)
	root, ok3 := hashOf(q.Root)
	ok := ok1 && ok2 && ok3 && tlog.CheckRecord(proof, q.Size, root, q.Index, leaf) == nil
	return answer{"valid": ok}
}

func consistency(q question) answer {
	proof, ok1 := hashesOf(q.Proof)
	from, ok2 := hashOf(q.From.Root)
	to, ok3 := hashOf(q.To.Root)
	ok := ok1 && ok2 && ok3 && tlog.CheckTree(proof, q.To.Size, to, q.From.Size, from) == nil
	return answer{"valid": ok}
}

// Notes

const (
	ed25519Type     = 0x01
	cosignatureType = 0x04
)

func vkey(q question) answer {
	verifier, err := verifierOf(q.Vkey)
	if err != nil {
		return no
	}
	return answer{"valid": true, "name": verifier.Name(), "id": fmt.Sprintf("%08x", verifier.KeyHash())}
}

func verifierOf(text string) (note.Verifier, error) {
	parts := strings.SplitN(text, "+", 3)
	// STRICTER: ids are in lower case, and base64 has one text for the same bytes.
	if len(parts) != 3 || parts[1] != strings.ToLower(parts[1]) || !isOnlyBase64(parts[2]) {
		return nil, errors.New("malformed key")
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) == 0 {
		return nil, errors.New("malformed key")
	}
	if key[0] == ed25519Type {
		return note.NewVerifier(text)
	}
	return cosignerOf(parts[0], parts[1], key)
}

// A cosigner is a witness's key (c2sp.org/tlog-cosignature), which x/mod has not.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }
func (c *cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	time := binary.BigEndian.Uint64(sig)
	if time > largest {
		return false
	}
	signed := append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", time)), msg...)
	return ed25519.Verify(c.key, signed, sig[8:])
}

func cosignerOf(name, id string, key []byte) (note.Verifier, error) {
	sum := sha256.Sum256(append([]byte(name+"\n"), key...))
	hash := binary.BigEndian.Uint32(sum[:])
	if key[0] != cosignatureType || len(key) != 1+ed25519.PublicKeySize || id != fmt.Sprintf("%08x", hash) {
		return nil, errors.New("malformed key")
	}
	return &cosigner{name, hash, key[1:]}, nil
}

func openNote(q question) answer {
	vkeyOf := map[note.Verifier]string{}
	var verifiers []note.Verifier
	for _, text := range q.Vkeys {
		verifier, err := verifierOf(text)
		must(err)
		vkeyOf[verifier] = text
		verifiers = append(verifiers, verifier)
	}
	known := note.VerifierList(verifiers...)
	opened, err := note.Open(q.Note, known)
	if err != nil || !isStrict(q.Note, opened, known) {
		return no
	}
	signedBy := []string{}
	for _, sig := range opened.Sigs {
		verifier, err := known.Verifier(sig.Name, sig.Hash)
		must(err)
		signedBy = append(signedBy, vkeyOf[verifier])
	}
	return answer{"valid": true, "text": []byte(opened.Text), "signedBy": signedBy}
}

// STRICTER: base64 has one text for the same bytes, and every signature that
// claims to be of a known key is checked, not only the first.
func isStrict(msg []byte, opened *note.Note, known note.Verifiers) bool {
	for _, line := range strings.Split(strings.TrimSuffix(string(msg[len(opened.Text)+1:]), "\n"), "\n") {
		parts := strings.SplitN(line, " ", 3)
		if !isOnlyBase64(parts[2]) {
			return false
		}
		sig, err := base64.StdEncoding.DecodeString(parts[2])
		must(err)
		verifier, err := known.Verifier(parts[1], binary.BigEndian.Uint32(sig))
		if err == nil && !verifier.Verify([]byte(opened.Text), sig[4:]) {
			return false
		}
	}
	return true
}

func checkpoint(q question) answer {
	parsed, err := tlog.ParseTree(q.Text)
	if err != nil || parsed.N > largest {
		return no
	}
	// STRICTER: it is the text of a note, in lines of which none is empty; base64 has one text.
	isControl := func(r rune) bool { return r < 0x20 && r != '\n' }
	if !utf8.Valid(q.Text) || bytes.IndexFunc(q.Text, isControl) >= 0 {
		return no
	}
	lines := strings.Split(string(q.Text), "\n")
	last := len(lines) - 1
	for _, line := range lines[:last] {
		if line == "" {
			return no
		}
	}
	if lines[last] != "" || !isOnlyBase64(lines[2]) {
		return no
	}
	return answer{"valid": true, "size": parsed.N, "root": clone(parsed.Hash)}
}

// Tiles

// The paths of x/mod have the height in front, and `data` for `entries`.
func ourPath(tile tlog.Tile) string {
	path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
	return strings.Replace(path, "tile/data/", "tile/entries/", 1)
}

func tilePath(q question) answer {
	if !strings.HasPrefix(q.Path, "tile/") || strings.HasPrefix(q.Path, "tile/data/") {
		return no
	}
	path := strings.Replace(q.Path, "tile/", "tile/8/", 1)
	path = strings.Replace(path, "tile/8/entries/", "tile/8/data/", 1)
	tile, err := tlog.ParseTilePath(path)
	// STRICTER: levels end at 63, and numbers where JSON's do.
	if err != nil || tile.L > 63 || tile.N > largest {
		return no
	}
	return answer{"valid": true, "level": tile.L, "index": tile.N, "width": tile.W}
}

type files map[string][]byte

func (f files) Height() int                                { return 8 }
func (f files) SaveTiles(tiles []tlog.Tile, data [][]byte) {}
func (f files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		file, ok := f[ourPath(tile)]
		if !ok || len(file) != tile.W*tlog.HashSize {
			return nil, errors.New("no such tile: " + ourPath(tile))
		}
		data[i] = file
	}
	return data, nil
}

func tiles(q question) answer {
	root, ok := hashOf(q.Root)
	if !ok {
		return no
	}
	reader := tlog.TileHashReader(tlog.Tree{N: q.Size, Hash: root}, files(q.Files))
	var answers []answer
	for _, index := range q.Picks {
		answers = append(answers, leafInTiles(q, reader, root, index))
	}
	return answer{"leaves": answers}
}

func leafInTiles(q question, reader tlog.HashReader, root tlog.Hash, index int64) answer {
	hashes, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
	if err != nil {
		return no
	}
	proof, err := tlog.ProveRecord(q.Size, index, reader)
	if err != nil || tlog.CheckRecord(proof, q.Size, root, index, hashes[0]) != nil {
		return no
	}
	bundle := tlog.Tile{H: 8, L: -1, N: index / 256, W: 256}
	if left := q.Size - bundle.N*256; left < 256 {
		bundle.W = int(left)
	}
	entry, ok := entryOf(q.Files[ourPath(bundle)], bundle.W, int(index%256))
	if !ok || tlog.RecordHash(entry) != hashes[0] {
		return no
	}
	return answer{"valid": true, "leafHash": clone(hashes[0]), "proof": bytesOf(proof), "entry": entry}
}

// entryOf reads a bundle of exactly width entries (c2sp.org/tlog-tiles), which x/mod has not.
func entryOf(bundle []byte, width, number int) ([]byte, bool) {
	var entry []byte
	for i := 0; i < width; i++ {
		if len(bundle) < 2 {
			return nil, false
		}
		size := int(binary.BigEndian.Uint16(bundle))
		bundle = bundle[2:]
		if len(bundle) < size {
			return nil, false
		}
		if i == number {
			entry = bundle[:size]
		}
		bundle = bundle[size:]
	}
	return entry, len(bundle) == 0
}

// Bytes

func isOnlyBase64(text string) bool {
	decoded, err := base64.StdEncoding.Strict().DecodeString(text)
	return err == nil && base64.StdEncoding.EncodeToString(decoded) == text
}

func hashOf(b []byte) (hash tlog.Hash, ok bool) {
	copy(hash[:], b)
	return hash, len(b) == tlog.HashSize
}

func hashesOf(list [][]byte) (hashes []tlog.Hash, ok bool) {
	for _, b := range list {
		hash, ok := hashOf(b)
		if !ok {
			return nil, false
		}
		hashes = append(hashes, hash)
	}
	return hashes, true
}

func bytesOf(hashes []tlog.Hash) [][]byte {
	list := [][]byte{}
	for _, hash := range hashes {
		list = append(list, clone(hash))
	}
	return list
}

func clone(hash tlog.Hash) []byte {
	return append([]byte{}, hash[:]...)
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
