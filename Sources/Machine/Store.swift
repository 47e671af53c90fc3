/// One change of durable state. Keys are unique within a table; a table is named by a short lower-case word.
package enum Change: Hashable, Sendable {
    case put(table: String, key: String, value: [UInt8])
    case remove(table: String, key: String)
}
