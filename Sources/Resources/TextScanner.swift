/// Walks over the entries of a text such as "cpus:4;ports:[31000-32000]" and reads their values.
struct TextScanner {
    /// A piece of the text with its place, trimmed of white space.
    struct Piece {
        let bytes: ArraySlice<UInt8>
        var text: String { String(decoding: bytes, as: UTF8.self) }
        var position: Int { bytes.startIndex + 1 }
        var isEmpty: Bool { bytes.isEmpty }

        init(_ bytes: ArraySlice<UInt8>) {
            var bytes = bytes
            while let first = bytes.first, Piece.isSpace(first) { bytes.removeFirst() }
            while let last = bytes.last, Piece.isSpace(last) { bytes.removeLast() }
            self.bytes = bytes
        }

        private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }

        /// The pieces between separators.
        func split(at separators: (UInt8) -> Bool) -> [Piece] {
            bytes.split(omittingEmptySubsequences: false, whereSeparator: separators).map(Piece.init)
        }

        /// What stands before and after the first such byte; nil if there is none.
        func cut(at separator: UInt8) -> (Piece, Piece)? {
            guard let index = bytes.firstIndex(of: separator) else { return nil }
            return (Piece(bytes[..<index]), Piece(bytes[(index + 1)...]))
        }

        func refusal(_ reason: TextRefusal.Reason) -> TextRefusal { TextRefusal(position: position, reason: reason) }
    }

    /// The entries that aren't empty, between semicolons or ends of line.
    static func entries(of text: String) -> [Piece] {
        Piece(Array(text.utf8)[...]).split { $0 == UInt8(ascii: ";") || $0 == UInt8(ascii: "\n") }.filter { !$0.isEmpty }
    }

    /// Name and value of an entry, both trimmed and there.
    static func pair(_ entry: Piece) throws(TextRefusal) -> (name: Piece, value: Piece) {
        guard let (name, value) = entry.cut(at: UInt8(ascii: ":")) else {
            throw TextRefusal(position: entry.bytes.endIndex + 1, reason: .missingColon(after: entry.text))
        }
        if name.isEmpty { throw name.refusal(.missingName) }
        if value.isEmpty { throw value.refusal(.missingValue(of: name.text)) }
        return (name, value)
    }

    /// What stands between brackets that open the piece, nil if it doesn't begin with one.
    static func bracketed(_ piece: Piece, _ open: Character, _ close: Character) throws(TextRefusal) -> Piece? {
        guard let first = piece.bytes.first, first == open.asciiValue else { return nil }
        guard let end = piece.bytes.firstIndex(where: { $0 == close.asciiValue }) else {
            throw piece.refusal(.unclosed(String(open)))
        }
        let rest = Piece(piece.bytes[(end + 1)...])
        if !rest.isEmpty { throw rest.refusal(.unexpected(rest.text)) }
        return Piece(piece.bytes[(piece.bytes.startIndex + 1)..<end])
    }

    /// The ranges between square brackets, in any order; those that overlap or touch melt.
    static func ranges(_ inside: Piece) throws(TextRefusal) -> Ranges {
        if inside.isEmpty { return Ranges() }
        var ranges: [ClosedRange<UInt64>] = []
        for piece in inside.split(at: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\n") }) {
            guard let (begin, end) = piece.cut(at: UInt8(ascii: "-")), let lower = integer(begin), let upper = integer(end) else {
                throw piece.refusal(.noRange(piece.text))
            }
            if lower > upper { throw piece.refusal(.resource(.invertedRange)) }
            ranges.append(lower...upper)
        }
        return Ranges(ranges)
    }

    /// The items between braces, each once.
    static func items(_ inside: Piece) throws(TextRefusal) -> ItemSet {
        if inside.isEmpty { return ItemSet() }
        var items: [String] = []
        for piece in inside.split(at: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\n") }) {
            if piece.isEmpty { throw piece.refusal(.emptyItem) }
            items.append(piece.text)
        }
        let set = ItemSet(items)
        if set.count < items.count { throw inside.refusal(.resource(.duplicatedItems)) }
        return set
    }

    private static func integer(_ piece: Piece) -> UInt64? {
        let isNumber = piece.bytes.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return isNumber ? UInt64(piece.text) : nil
    }
}
