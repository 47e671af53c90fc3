import Machine

/// What survives a process: the tables of its store.
final class Disk {
    private var tables: [String: [String: [UInt8]]] = [:]

    func commit(_ changes: [Change]) {
        for change in changes {
            switch change {
            case .put(let table, let key, let value): tables[table, default: [:]][key] = value
            case .remove(let table, let key): tables[table]?[key] = nil
            }
        }
    }

    /// The rows of a table, ordered by key.
    func rows(_ table: String) -> [(key: String, value: [UInt8])] {
        (tables[table] ?? [:]).sorted { $0.key < $1.key }.map { (key: $0.key, value: $0.value) }
    }
}
