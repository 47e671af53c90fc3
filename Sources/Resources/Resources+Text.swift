extension Resources {
    /// Reads the text form, as in the agent's flag `--resources`: "cpus:4;mem:1024;ports:[31000-32000];disk(role):100;set:{a,b}".
    /// White space around names and values doesn't count, nor do empty entries; amounts of the same resource add up.
    /// - Parameter defaultRole: the role that resources without one are reserved for, statically; "*" for nobody.
    /// - Throws: what is wrong with the text, and where.
    /// Specified by Mesos 1.11 docs/attributes-resources.md; unlike there, errors tell the position.
    package init(text: String, defaultRole: String = Role.unreserved) throws(TextRefusal) {
        self.init()
        for entry in TextScanner.entries(of: text) {
            let (label, value) = try TextScanner.pair(entry)
            let (name, role) = try Resources.nameAndRole(label)
            var parts = Resource.Parts()
            parts.name = name
            parts.role = role ?? defaultRole
            try Resources.read(value, into: &parts)
            do {
                add(try Resource(parts))
            } catch {
                throw entry.refusal(.resource(error))
            }
        }
        if let refusal = commandLineRefusal { throw TextRefusal(position: 1, reason: .resource(refusal)) }
    }

    private static func nameAndRole(_ label: TextScanner.Piece) throws(TextRefusal) -> (name: String, role: String?) {
        guard let (name, rest) = label.cut(at: UInt8(ascii: "(")) else { return (label.text, nil) }
        if name.isEmpty { throw label.refusal(.missingName) }
        guard let (role, after) = rest.cut(at: UInt8(ascii: ")")) else {
            throw TextRefusal(position: name.bytes.endIndex + 1, reason: .unclosed("("))
        }
        if !after.isEmpty { throw after.refusal(.roleAfterText) }
        return (name.text, role.text)
    }

    private static func read(_ value: TextScanner.Piece, into parts: inout Resource.Parts) throws(TextRefusal) {
        if let inside = try TextScanner.bracketed(value, "[", "]") {
            parts.kind = .ranges
            parts.ranges = try TextScanner.ranges(inside).ranges.map { .init($0.lowerBound, $0.upperBound) }
        } else if let inside = try TextScanner.bracketed(value, "{", "}") {
            parts.kind = .set
            parts.items = try TextScanner.items(inside).items
        } else {
            guard let amount = Scalar(text: value.text), amount >= .zero else { throw value.refusal(.noAmount(value.text)) }
            parts.kind = .scalar
            parts.scalar = amount.double
        }
    }

    /// The text form, which `init(text:)` reads back; nil if it can't tell all: it knows names, values and one static reservation each.
    package var text: String? {
        var entries: [String] = []
        for resource in self {
            var terms = resource.terms
            if let only = terms.reservations.first, terms.reservations.count == 1, only == Reservation(.static, role: only.role) {
                terms.reservations = []
            }
            guard terms == .plain, Resources.isPlain(resource.name), Resources.arePlainItems(resource.value) else { return nil }
            entries.append("\(resource.name)\(resource.reservedRole.map { "(\($0))" } ?? ""):\(resource.value)")
        }
        return entries.joined(separator: ";")
    }

    private static func arePlainItems(_ value: Resource.Value) -> Bool {
        guard case .set(let items) = value else { return true }
        return items.items.allSatisfy(isPlain)
    }

    /// Whether a name or item holds nothing that the text form would take for something else.
    private static func isPlain(_ name: String) -> Bool {
        let piece = TextScanner.Piece(Array(name.utf8)[...])
        return piece.bytes.count == name.utf8.count && !name.isEmpty && !name.utf8.contains { ";:\n()[]{},".utf8.contains($0) }
    }
}
