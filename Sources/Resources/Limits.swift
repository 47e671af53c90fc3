/// Upper limits for scalar resources by name. A name that isn't there is unlimited, unlike one whose limit is zero.
package struct Limits: Hashable, Sendable {
    /// Sorted by name.
    private var amounts: [Quantities.Amount] = []

    /// No limits at all.
    package init() {}

    /// The limits of some names; of several for one name, the last counts.
    package init(_ limits: some Sequence<(String, Scalar)>) {
        for (name, limit) in limits { self[name] = limit }
    }

    package var isEmpty: Bool { amounts.isEmpty }

    /// The limit of a name; nil is none.
    package subscript(name: String) -> Scalar? {
        get {
            let position = amounts.position { compare($0.name, name) }
            return position < amounts.count && amounts[position].name == name ? amounts[position].amount : nil
        }
        set {
            let position = amounts.position { compare($0.name, name) }
            if position < amounts.count, amounts[position].name == name { amounts.remove(at: position) }
            if let newValue { amounts.insert(Quantities.Amount(name: name, amount: newValue), at: position) }
        }
    }

    /// The limits in ascending order of their names.
    package func forEach(_ body: (String, Scalar) -> Void) {
        for limit in amounts { body(limit.name, limit.amount) }
    }

    /// Whether no amount exceeds its limit.
    package func allows(_ quantities: Quantities) -> Bool { amounts.allSatisfy { quantities[$0.name] <= $0.amount } }

    /// Lowers the limit of a name by an amount in use, to zero at least.
    package mutating func use(_ name: String, _ amount: Scalar) {
        let position = amounts.position { compare($0.name, name) }
        guard position < amounts.count, amounts[position].name == name else { return }
        amounts[position].amount = max(amounts[position].amount - amount, .zero)
    }

    /// Lowers each limit by what is in use, to zero at least.
    package mutating func use(_ quantities: Quantities) {
        for index in amounts.indices { amounts[index].amount = max(amounts[index].amount - quantities[amounts[index].name], .zero) }
    }
}
