import Foundation
import Synchronization

@testable import Schedules

private let known = Mutex<[String: Zone]>([:])

/// A zone by name, from the machine's database.
func systemZone(_ name: String) throws -> Zone {
    if let zone = known.withLock({ $0[name] }) { return zone }
    let zone: Zone =
        switch try Zone.source(of: name) {
        case .fixed(let zone): zone
        case .file(let path): try Zone(name: name, file: Array(Data(contentsOf: zoneFolder.appendingPathComponent(path))))
        }
    known.withLock { $0[name] = zone }
    return zone
}

let zoneFolder = URL(fileURLWithPath: "/usr/share/zoneinfo")

/// The names of all zones in the machine's database that a schedule may name.
func systemZoneNames() -> [String] {
    let names = FileManager.default.enumerator(atPath: zoneFolder.path)?.compactMap { $0 as? String } ?? []
    return names.sorted().filter { name in
        guard case .file = try? Zone.source(of: name) else { return false }
        return (try? Data(contentsOf: zoneFolder.appendingPathComponent(name)))?.starts(with: "TZif".utf8) ?? false
    }
}
