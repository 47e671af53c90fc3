package import Machine

/// An entry of the store, as a process finds it at its start.
package struct StoredEntry: Hashable, Sendable {
    package var table: String
    package var key: String
    package var value: [UInt8]

    package init(table: String, key: String, value: [UInt8]) {
        self.table = table
        self.key = key
        self.value = value
    }
}

extension StoredEntry: Recordable {
    package func record(into writer: inout RecordingWriter) {
        writer.put(table)
        writer.put(key)
        writer.put(value)
    }

    package init(from reader: inout RecordingReader) throws(RecordingError) {
        self.init(table: try reader.string(), key: try reader.string(), value: try reader.data())
    }
}
