import JSON

/// Why a text is no job, or one that can't be taken; for the client.
package struct Rejection: Error, Hashable, Sendable {
    package let message: String

    package init(_ message: String) { self.message = message }
}

/// Reads members of an object as leniently as Jackson does: numbers and booleans may be texts, texts may be numbers, null is as good as absent.
struct Members {
    private let object: JSONObject
    /// Where the object stands, for messages: empty, or `fetch[0].`.
    private let path: String

    init(_ value: JSONValue, path: String = "") throws(Rejection) {
        guard let object = value.object else {
            throw Rejection(path.isEmpty ? "the body is no JSON object" : "\(path.dropLast()) is no object")
        }
        self.object = object
        self.path = path
    }

    func has(_ name: String) -> Bool { value(name) != nil }

    private func value(_ name: String) -> JSONValue? { object[name].flatMap { $0.isNull ? nil : $0 } }

    private func wrong(_ name: String, _ expected: String) -> Rejection { Rejection("\(path)\(name) must be \(expected)") }

    func text(_ name: String) throws(Rejection) -> String? {
        guard let value = value(name) else { return nil }
        guard let text = Self.text(value) else { throw wrong(name, "a text") }
        return text
    }

    /// - Returns: nil if it can't stand for a text.
    static func text(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): text
        case .bool, .integer, .unsigned, .double: String(decoding: value.bytes, as: UTF8.self)
        case .null, .array, .object: nil
        }
    }

    func flag(_ name: String) throws(Rejection) -> Bool? {
        switch value(name) {
        case nil: return nil
        case .bool(let flag)?: return flag
        case .string(let text)? where ["true", "True", "TRUE"].contains(text): return true
        case .string(let text)? where ["false", "False", "FALSE", ""].contains(text): return false
        case .integer(let number)?: return number != 0
        default: throw wrong(name, "true or false")
        }
    }

    func number(_ name: String) throws(Rejection) -> Double? {
        guard let value = value(name) else { return nil }
        if case .string(let text) = value, text.isEmpty { return nil }
        guard let number = value.double ?? value.string.flatMap(Double.init), number.isFinite else { throw wrong(name, "a number") }
        return number
    }

    /// A fraction is cut off, as Jackson does.
    func integer(_ name: String) throws(Rejection) -> Int64? {
        guard let number = try number(name) else { return nil }
        guard number.magnitude < 1e15 else { throw wrong(name, "a number of at most 15 digits") }
        return Int64(number)
    }

    func texts(_ name: String) throws(Rejection) -> [String]? {
        guard let value = value(name) else { return nil }
        guard let array = value.array else { throw wrong(name, "an array of texts") }
        var texts: [String] = []
        for element in array {
            guard let text = Self.text(element) else { throw wrong(name, "an array of texts") }
            texts.append(text)
        }
        return texts
    }

    func array(_ name: String) throws(Rejection) -> [JSONValue]? {
        guard let value = value(name) else { return nil }
        guard let array = value.array else { throw wrong(name, "an array") }
        return array
    }

    func objects(_ name: String) throws(Rejection) -> [Members]? {
        guard let array = try array(name) else { return nil }
        var result: [Members] = []
        for (index, element) in array.enumerated() { result.append(try Members(element, path: "\(path)\(name)[\(index)].")) }
        return result
    }

    /// The members of an object whose values are texts, in order; of several of one name, the last.
    func pairs(_ name: String) throws(Rejection) -> [(name: String, value: String)] {
        guard let value = value(name) else { return [] }
        guard let object = value.object else { throw wrong(name, "an object of texts") }
        var pairs: [(name: String, value: String)] = []
        for member in object {
            guard let text = Self.text(member.value) else { throw wrong(name, "an object of texts") }
            pairs.removeAll { $0.name == member.name }
            pairs.append((member.name, text))
        }
        return pairs
    }

    func members(_ name: String) throws(Rejection) -> Members? {
        guard let value = value(name) else { return nil }
        return try Members(value, path: "\(path)\(name).")
    }

    /// One of the names of an enum, in any case.
    func word<Word: RawRepresentable & CaseIterable>(_ name: String, _: Word.Type) throws(Rejection) -> Word? where Word.RawValue == String {
        guard let text = try text(name), !text.isEmpty else { return nil }
        guard let word = Word(rawValue: text.uppercased()) else {
            throw wrong(name, "one of " + Word.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return word
    }
}
