import JSON

/// What a file holds; `-` is standard input.
/// - Throws: `ClientError`
func readFile(_ file: String) throws -> [UInt8] { try file == "-" ? StandardStreams.readInput() : StandardStreams.readFile(file) }

/// Reads a definition, which is never empty.
/// - Throws: `ClientError`
func readDefinition(_ file: String) throws -> [UInt8] {
    let bytes = try readFile(file)
    if bytes.isEmpty { throw ClientError("\(file == "-" ? "standard input" : file) is empty") }
    return bytes
}

/// What a file with JSON holds.
/// - Throws: `ClientError`, which begins with the file's name and says where the text is broken.
func readJSON(_ file: String) throws -> JSONValue { try parsed(try readDefinition(file), of: file) }

/// What a text means.
/// - Throws: which file is broken, and where.
func parsed(_ text: [UInt8], of file: String) throws(ClientError) -> JSONValue {
    do throws(JSONError) {
        return try JSONValue(parsing: text)
    } catch {
        throw ClientError("\(file): \(error.located(in: text))")
    }
}

extension JSONError {
    /// With the line and the column, both from 1 on.
    func located(in bytes: [UInt8]) -> String {
        let before = bytes.prefix(offset)
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return "\(self) (line \(line), column \(String(decoding: before[start...], as: UTF8.self).count + 1))"
    }
}
