package import FrameworkCore
import Machine

/// A group that was made as such, or has properties. Groups that merely stand in the ids of apps need no entry.
package struct Group: Hashable, Sendable {
    private static let format: UInt64 = 1

    package internal(set) var dependencies: [PathID] = []
    /// Apps of the group run in the role of its name. Of top-level groups only.
    package internal(set) var enforcesRole = false
    package internal(set) var version: Timestamp

    var stored: [UInt8] {
        var writer = RecordingWriter()
        writer.put(Self.format)
        writer.put(dependencies) { $0.put($1.description) }
        writer.put(enforcesRole)
        writer.put(version.milliseconds)
        return writer.bytes
    }

    init(version: Timestamp) { self.version = version }

    init(stored: [UInt8]) throws(RecordingError) {
        var reader = RecordingReader(stored)
        guard try reader.uint64() == Self.format else { throw .invalid("a group of another format") }
        dependencies = try reader.array { reader throws(RecordingError) in PathID(try reader.string()) }
        enforcesRole = try reader.bool()
        version = Timestamp(milliseconds: try reader.int64())
    }
}
