import BatchCore
import Foundation
package import Schedules

/// The machine's time zone database.
package struct ZoneFiles: Sendable {
    let folder: String
    /// Bytes; the largest real one has 4,000.
    private static let limit = 1 << 20

    package init(folder: String = "/usr/share/zoneinfo") { self.folder = folder }

    /// - Throws: `ScheduleError`, or `UnknownZone`.
    package func zone(_ name: String) throws -> Zone {
        if case .fixed(let zone) = try Zone.source(of: name) { return zone }
        guard let data = find(name) else { throw UnknownZone(name: name) }
        return try Zone(name: name, file: data.file)
    }

    package struct UnknownZone: Error, CustomStringConvertible {
        package let name: String
        package var description: String { "'\(name)' is no time zone that this machine knows" }
    }

    /// The file of a zone as jobs name it; nil for a name that needs none, or that has none: the core says what is wrong with that.
    func find(_ name: String) -> Batch.ZoneData? {
        guard case .file(let path)? = try? Zone.source(of: name) else { return nil }
        guard let file = FileHandle(forReadingAtPath: folder + "/" + path) else { return nil }
        defer { try? file.close() }
        guard let data = try? file.read(upToCount: Self.limit), !data.isEmpty else { return nil }
        return Batch.ZoneData(name: name, file: Array(data))
    }
}
