/// A key with an optional value, as in the labels of a reservation.
package struct Label: Hashable, Sendable {
    package var key: String
    package var value: String?

    package init(_ key: String, _ value: String? = nil) {
        self.key = key
        self.value = value
    }

    static func order(_ left: Label, _ right: Label) -> Precedence? {
        compare(left.key, right.key) ?? compare(left.value, right.value)
    }
}

extension [Label] {
    /// Labels are equal in any order, so they are kept in theirs: by key, then value.
    var sortedLabels: [Label] { sorted { Label.order($0, $1) == .before } }

    /// As the logs have it: "{a: 1, b}".
    var text: String { "{" + map { label in label.value.map { "\(label.key): \($0)" } ?? label.key }.joined(separator: ", ") + "}" }
}

/// Keeps a resource for a role (and all roles below it).
/// Specified by Mesos 1.11 docs/reservation.md.
package struct Reservation: Hashable, Sendable {
    /// STATIC ones come from the agent's flags and stay; DYNAMIC ones are made and undone by operations.
    package enum Kind: String, Hashable, Sendable, Comparable {
        case dynamic = "DYNAMIC"
        case `static` = "STATIC"

        package static func < (left: Kind, right: Kind) -> Bool { left.rawValue < right.rawValue }
    }

    package let kind: Kind
    package let role: String
    /// Who made it; no one in particular if nil.
    package let principal: String?
    /// Sorted by key, then value.
    package let labels: [Label]

    package init(_ kind: Kind, role: String, principal: String? = nil, labels: [Label] = []) {
        self.kind = kind
        self.role = role
        self.principal = principal
        self.labels = labels.sortedLabels
    }

    static func order(_ left: Reservation, _ right: Reservation) -> Precedence? {
        compare(left.role, right.role) ?? compare(left.kind, right.kind) ?? compare(left.principal, right.principal)
            ?? compare(left.labels, right.labels, by: Label.order)
    }
}

extension Reservation: CustomStringConvertible {
    /// As the logs have it: "DYNAMIC,eng,ops,{k: v}".
    package var description: String {
        ([kind.rawValue, role] + (principal.map { [$0] } ?? []) + (labels.isEmpty ? [] : [labels.text])).joined(separator: ",")
    }
}
