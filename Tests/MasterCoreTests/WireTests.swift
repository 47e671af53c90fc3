import MasterCore
import MesosAPI
import Resources
import SwiftProtobuf
import Testing

struct WireTests {
    @Test func `fields are walked over in order, groups as a whole`() {
        // 1: varint 5; 2: group {3: varint 1; group 4 {}}; 5: "ab"; 6: fixed32; 7: fixed64.
        let bytes: [UInt8] = [8, 5, 19, 24, 1, 35, 36, 20, 42, 2, 97, 98, 53, 1, 0, 0, 0, 57, 2, 0, 0, 0, 0, 0, 0, 0]
        let fields = Array(WireReader(bytes))
        #expect(fields.map(\.number) == [1, 2, 5, 6, 7])
        #expect(fields.map(\.bits) == [5, 0, 0, 1, 2])
        #expect(fields[1].encoded == [19, 24, 1, 35, 36, 20] && fields[2].text == "ab")
    }

    @Test(arguments: [[0xff], [8], [10, 5, 1], [13, 1], [9, 1, 2], [19, 24, 1], [20], [0, 1], [15]] as [[UInt8]])
    func `bytes that are no message end the walk`(bytes: [UInt8]) {
        #expect(Array(WireReader(bytes)).isEmpty)
    }

    @Test func `fields can be picked and dropped`() throws {
        let status = Mesos_V1_TaskStatus.with {
            $0.taskID.value = "t"
            $0.state = .taskRunning
            $0.data = .init(wire: [1, 2, 3])
            $0.healthy = true
        }
        let bytes: [UInt8] = try status.serializedBytes()
        #expect(Wire.has(3, bytes) && !Wire.has(4, bytes))
        let dropped = try Mesos_V1_TaskStatus(serializedBytes: Wire.dropping([3], from: bytes))
        #expect(!dropped.hasData && dropped.healthy && dropped.taskID.value == "t")
        #expect(Wire.fields([8], of: bytes) == [64, 1])
    }

    @Test func `a role is filled in where a task's or its executor's resources name none`() throws {
        let task = Mesos_V1_TaskInfo.task("t") {
            $0.resources[1].allocationInfo.role = "other"
            $0.executor.executorID.value = "e"
            $0.executor.resources = .scalars(cpus: 1, mem: 2)
            $0.labels.labels = [.with { $0.key = "k" }]
        }
        let filled = try Mesos_V1_TaskInfo(serializedBytes: Wire.allocating(try task.serializedBytes(), to: "r"))
        #expect(filled.resources.map(\.allocationInfo.role) == ["r", "other"])
        #expect(filled.executor.resources.map(\.allocationInfo.role) == ["r", "r"])
        var same = filled
        for index in same.resources.indices { same.resources[index].clearAllocationInfo() }
        for index in same.executor.resources.indices { same.executor.resources[index].clearAllocationInfo() }
        var expected = task
        expected.resources[1].clearAllocationInfo()
        #expect(same == expected)
    }

    @Test(arguments: [ReservationFormat.preRefinement, .postRefinement, .endpoint])
    func `resources are written as MesosAPI writes them`(format: ReservationFormat) throws {
        let disk = Disk(
            source: Disk.Source(.raw, id: "i", metadata: [Label("k", "v"), Label("x")], profile: "p", vendor: "w"),
            persistence: Disk.Persistence(id: "v", principal: "q"), volume: Disk.Volume(containerPath: "c", mode: .readOnly, hostPath: "h"))
        let resources = Resources([
            .scalar("cpus", 4), .ranges("ports", Ranges([1...5, 7...9])), .set("s", ItemSet(["a", "b"])),
            Resource("mem", .scalar(3), isRevocable: true, providerID: "r"),
            Resource(
                "disk", .scalar(10), reservations: [Reservation(.dynamic, role: "a", principal: "q", labels: [Label("k", "v")])], disk: disk,
                isShared: true),
            Resource("cpus", .scalar(1), reservations: [Reservation(.static, role: "a")])
        ])
        var writer = WireWriter()
        writer.resources(1, resources, role: "r", format: format)
        let written = try WireReader(writer.bytes).map { try Mesos_V1_Resource(serializedBytes: Array($0.contents)) }
        let expected = try #require(resources.allocated(to: "r").messages(in: format))
        #expect(written.count == 6 && written == expected)
    }
}
