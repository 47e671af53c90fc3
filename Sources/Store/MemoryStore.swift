package import Machine
import Synchronization

/// A store that forgets: for simulations, and for `--in-memory` clusters whose state need not outlive them.
package final class MemoryStore: Store {
    private let tables = Mutex<[String: [String: [UInt8]]]>([:])

    package init() {}

    package func scan(table: String) throws(StoreError) -> [StoreEntry] {
        tables.withLock { tables in
            (tables[table] ?? [:]).map { StoreEntry(key: $0.key, value: $0.value) }.sorted { $0.key < $1.key }
        }
    }

    package func get(table: String, key: String) throws(StoreError) -> [UInt8]? { tables.withLock { $0[table]?[key] } }

    package func close() {}

    package func commit(_ changes: [Change]) throws(StoreError) {
        try changes.checkLimits()
        tables.withLock { tables in
            for change in changes {
                switch change {
                case .put(let table, let key, let value): tables[table, default: [:]][key] = value
                case .remove(let table, let key): tables[table]?[key] = nil
                }
            }
        }
    }
}
