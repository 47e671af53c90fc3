package import FrameworkCore
package import Store

extension Store {
    /// All entries of these tables, for a core to begin with.
    package func entries(of tables: [String]) throws(StoreError) -> [StoredEntry] {
        var entries: [StoredEntry] = []
        for table in tables { entries += try scan(table: table).map { StoredEntry(table: table, key: $0.key, value: $0.value) } }
        return entries
    }
}
