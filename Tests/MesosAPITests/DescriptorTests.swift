import Foundation
import MesosAPI
import Testing

struct DescriptorTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()

    @Test func `every message, field, number, label, type, default and deprecation is as in the checked-in table`() throws {
        let table = try String(contentsOf: Self.folder.appending(path: "messages.tsv"), encoding: .utf8)
        let expected = table.split(separator: "\n").map(String.init)
        let types = DescriptorPool.mesos.messageTypes.filter { $0.name.hasPrefix("mesos.") }
        let rows = types.flatMap { type in
            type.fields.map { field in
                let deprecated = field.isDeprecated ? "deprecated" : ""
                return [type.name, field.name, "\(field.number)", field.label, field.type, field.defaultValue ?? "", deprecated].joined(
                    separator: "\t")
            }
        }
        #expect(types.count == 351 && rows.count == 1_206)
        #expect(expected.count == 1_206)
        #expect(Set(rows).symmetricDifference(expected).isEmpty)
    }

    @Test func `there are 53 enums with 442 values`() {
        let enums = DescriptorPool.mesos.enumTypes.filter { $0.name.hasPrefix("mesos.") }
        #expect(enums.count == 53)
        #expect(enums.map(\.values.count).reduce(0, +) == 442)
        let states = enums.first { $0.name == "mesos.v1.TaskState" }?.values.map { "\($0.name)=\($0.number)" } ?? []
        #expect(
            states == [
                "TASK_STARTING=0", "TASK_RUNNING=1", "TASK_FINISHED=2", "TASK_FAILED=3", "TASK_KILLED=4", "TASK_LOST=5", "TASK_STAGING=6",
                "TASK_ERROR=7",
                "TASK_KILLING=8", "TASK_DROPPED=9", "TASK_UNREACHABLE=10", "TASK_GONE=11", "TASK_GONE_BY_OPERATOR=12", "TASK_UNKNOWN=13"
            ])
    }

    /// Deploy/protos.sh writes the checksum of all .proto files at the end of its work.
    @Test func `generated code is not older than the .proto files`() throws {
        let sources = Self.folder.appending(path: "../../Sources").standardizedFileURL
        var bytes: [UInt8] = []
        for protos in ["MesosAPI/Protos", "AgoraAPI/Protos"] {
            let root = sources.appending(path: protos)
            let names = try FileManager.default.subpathsOfDirectory(atPath: root.path).filter { $0.hasSuffix(".proto") }
            for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) { bytes += try Data(contentsOf: root.appending(path: name)) }
        }
        let written = try String(contentsOf: Self.folder.appending(path: "protos.cksum"), encoding: .utf8)
        #expect("\(posixChecksum(bytes)) \(bytes.count)\n" == written, "run Deploy/protos.sh")
    }

    /// CRC-32 as cksum(1) computes it: the length follows the data, both most significant bit first.
    func posixChecksum(_ bytes: [UInt8]) -> UInt32 {
        let table = (UInt32(0)..<256).map { index in
            (0..<8).reduce(index << 24) { crc, _ in crc & 0x8000_0000 != 0 ? crc << 1 ^ 0x04c1_1db7 : crc << 1 }
        }
        var crc: UInt32 = 0
        func add(_ byte: UInt8) { crc = crc << 8 ^ table[Int(crc >> 24) ^ Int(byte)] }
        bytes.forEach(add)
        var length = bytes.count
        while length > 0 {
            add(UInt8(truncatingIfNeeded: length))
            length >>= 8
        }
        return ~crc
    }
}
