package import JSON

/// What is wrong at one place of a definition.
package struct Violation: Hashable, Sendable {
    /// `/container/docker/image`, `/constraints(0)`; `/` for the whole.
    package var path: String
    package var errors: [String]

    package init(_ path: String, _ errors: String...) {
        self.init(path, errors)
    }

    package init(_ path: String, _ errors: [String]) {
        self.path = path
        self.errors = errors
    }
}

extension [Violation] {
    /// More places than this are not listed: whoever sends such a body learns enough from the first ones.
    private static var limit: Int { 100 }

    /// Adds to what is known of the same place; the places stay in the order of their first violation.
    package mutating func add(_ path: String, _ errors: String...) { add(path, errors) }

    package mutating func add(_ path: String, _ errors: [String]) {
        guard !errors.isEmpty else { return }
        if let index = firstIndex(where: { $0.path == path }) {
            for error in errors where !self[index].errors.contains(error) { self[index].errors.append(error) }
        } else if count < Self.limit {
            append(Violation(path, errors.unique()))
        }
    }

    package mutating func add(_ others: [Violation], below prefix: String = "") {
        for other in others { add(prefix.isEmpty || other.path != "/" ? prefix + other.path : prefix, other.errors) }
    }
}

/// Why a definition is refused, always with status 422.
package enum ModelRejection: Error, Hashable, Sendable {
    /// Members of a wrong type or out of range, found before anything else.
    case schema([Violation])
    case invalid([Violation])
    /// An illegal argument or a combination that can't be translated.
    case message(String)

    package static let status = 422

    package var message: String {
        switch self {
        case .schema: "Invalid JSON"
        case .invalid: "Object is not valid"
        case .message(let text): text
        }
    }

    package var violations: [Violation] {
        switch self {
        case .schema(let violations), .invalid(let violations): violations
        case .message: []
        }
    }

    /// The body of the answer: `{"message":"…","details":[{"path":"…","errors":["…"]}]}`.
    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("message")
        writer.string(message)
        if !violations.isEmpty {
            writer.key("details")
            writer.beginArray()
            for violation in violations { violation.write(into: &writer) }
            writer.endArray()
        }
        writer.endObject()
    }
}

extension Violation {
    fileprivate func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("path")
        writer.string(path)
        writer.key("errors")
        writer.beginArray()
        for error in errors { writer.string(error) }
        writer.endArray()
        writer.endObject()
    }
}
