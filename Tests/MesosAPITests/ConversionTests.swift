import Foundation
import MesosAPI
import Resources
import SwiftProtobuf
import Testing

struct ConversionTests {
    static func read(_ json: String) throws -> Mesos_V1_Resource { try Mesos_V1_Resource(mesosJSON: Array(json.utf8)) }

    typealias Row = (name: String, resource: Resource, old: String?, new: String, endpoint: String)
    static let rows: [Row] = [
        (
            "unreserved", .scalar("cpus", 2), #"{"name":"cpus","type":"SCALAR","scalar":{"value":2.0},"role":"*"}"#,
            #"{"name":"cpus","type":"SCALAR","scalar":{"value":2.0}}"#, #"{"name":"cpus","type":"SCALAR","scalar":{"value":2.0},"role":"*"}"#
        ),
        (
            "static", Resource("mem", .scalar(64), reservations: [Reservation(.static, role: "eng")], allocationRole: "eng"),
            #"{"name":"mem","type":"SCALAR","scalar":{"value":64.0},"role":"eng","allocation_info":{"role":"eng"}}"#,
            #"{"name":"mem","type":"SCALAR","scalar":{"value":64.0},"allocation_info":{"role":"eng"},"#
                + #""reservations":[{"role":"eng","type":"STATIC"}]}"#,
            #"{"name":"mem","type":"SCALAR","scalar":{"value":64.0},"role":"eng","allocation_info":{"role":"eng"},"#
                + #""reservations":[{"role":"eng","type":"STATIC"}]}"#
        ),
        (
            "dynamic, a persistent volume, shared",
            Resource(
                "disk", .scalar(100), reservations: [Reservation(.dynamic, role: "eng", principal: "ops", labels: [Label("k", "v"), Label("a")])],
                disk: Disk(
                    source: Disk.Source(.mount, mount: "/mnt/a"), persistence: Disk.Persistence(id: "p", principal: "ops"),
                    volume: Disk.Volume(containerPath: "data")), isShared: true),
            #"{"name":"disk","type":"SCALAR","scalar":{"value":100.0},"role":"eng","disk":{"persistence":{"id":"p","principal":"ops"},"#
                + #""volume":{"container_path":"data","mode":"RW"},"source":{"type":"MOUNT","mount":{"root":"/mnt/a"}}},"#
                + #""reservation":{"principal":"ops","labels":{"labels":[{"key":"a"},{"key":"k","value":"v"}]}},"shared":{}}"#,
            #"{"name":"disk","type":"SCALAR","scalar":{"value":100.0},"disk":{"persistence":{"id":"p","principal":"ops"},"#
                + #""volume":{"container_path":"data","mode":"RW"},"source":{"type":"MOUNT","mount":{"root":"/mnt/a"}}},"shared":{},"#
                + #""reservations":[{"principal":"ops","labels":{"labels":[{"key":"a"},{"key":"k","value":"v"}]},"role":"eng","type":"DYNAMIC"}]}"#,
            #"{"name":"disk","type":"SCALAR","scalar":{"value":100.0},"role":"eng","disk":{"persistence":{"id":"p","principal":"ops"},"#
                + #""volume":{"container_path":"data","mode":"RW"},"source":{"type":"MOUNT","mount":{"root":"/mnt/a"}}},"#
                + #""reservation":{"principal":"ops","labels":{"labels":[{"key":"a"},{"key":"k","value":"v"}]}},"shared":{},"#
                + #""reservations":[{"principal":"ops","labels":{"labels":[{"key":"a"},{"key":"k","value":"v"}]},"role":"eng","type":"DYNAMIC"}]}"#
        ),
        (
            "refined",
            Resource("ports", .ranges(Ranges([1...2, 5...9])), reservations: [Reservation(.static, role: "a"), Reservation(.dynamic, role: "a/b")]),
            nil,
            #"{"name":"ports","type":"RANGES","ranges":{"range":[{"begin":1,"end":2},{"begin":5,"end":9}]},"#
                + #""reservations":[{"role":"a","type":"STATIC"},{"role":"a/b","type":"DYNAMIC"}]}"#,
            #"{"name":"ports","type":"RANGES","ranges":{"range":[{"begin":1,"end":2},{"begin":5,"end":9}]},"#
                + #""reservations":[{"role":"a","type":"STATIC"},{"role":"a/b","type":"DYNAMIC"}]}"#
        ),
        (
            "set, revocable, of a provider", Resource("keys", .set(ItemSet(["a", "b"])), isRevocable: true, providerID: "rp"),
            #"{"name":"keys","type":"SET","set":{"item":["a","b"]},"role":"*","revocable":{},"provider_id":{"value":"rp"}}"#,
            #"{"name":"keys","type":"SET","set":{"item":["a","b"]},"revocable":{},"provider_id":{"value":"rp"}}"#,
            #"{"name":"keys","type":"SET","set":{"item":["a","b"]},"role":"*","revocable":{},"provider_id":{"value":"rp"}}"#
        ),
        (
            "raw disk of a provider",
            Resource(
                "disk", .scalar(10), disk: Disk(source: Disk.Source(.raw, id: "v1", metadata: [Label("m", "1")], profile: "fast", vendor: "x"))),
            #"{"name":"disk","type":"SCALAR","scalar":{"value":10.0},"role":"*","disk":{"source":{"type":"RAW","id":"v1","#
                + #""metadata":{"labels":[{"key":"m","value":"1"}]},"profile":"fast","vendor":"x"}}}"#,
            #"{"name":"disk","type":"SCALAR","scalar":{"value":10.0},"disk":{"source":{"type":"RAW","id":"v1","#
                + #""metadata":{"labels":[{"key":"m","value":"1"}]},"profile":"fast","vendor":"x"}}}"#,
            #"{"name":"disk","type":"SCALAR","scalar":{"value":10.0},"role":"*","disk":{"source":{"type":"RAW","id":"v1","#
                + #""metadata":{"labels":[{"key":"m","value":"1"}]},"profile":"fast","vendor":"x"}}}"#
        )
    ]

    @Test(arguments: rows)
    func `a resource has the same meaning in each format that can tell it`(row: Row) throws {
        for (format, expected) in [(ReservationFormat.preRefinement, row.old), (.postRefinement, row.new), (.endpoint, row.endpoint)] {
            let message = Mesos_V1_Resource(row.resource, in: format)
            #expect(message.map { String(decoding: $0.mesosJSON(), as: UTF8.self) } == expected, "\(row.name), \(format)")
            if let message { #expect(try Resource(message) == row.resource) }
        }
    }

    static let faults: [(String, ResourceRefusal)] = [
        (#"{"name":"","type":"SCALAR","scalar":{"value":1}}"#, .emptyName), (#"{"name":"cpus","type":"TEXT"}"#, .unsupportedType),
        (#"{"name":"cpus","type":"SCALAR"}"#, .invalidScalar), (#"{"name":"cpus","type":"SCALAR","scalar":{"value":-1}}"#, .scalarNotPositive),
        (#"{"name":"cpus","type":"SCALAR","scalar":{"value":1e300}}"#, .scalarOutOfRange),
        (#"{"name":"p","type":"RANGES","ranges":{"range":[{"begin":2,"end":1}]}}"#, .invertedRange),
        (#"{"name":"s","type":"SET","set":{"item":["a","a"]}}"#, .duplicatedItems),
        (#"{"name":"mem","type":"SCALAR","scalar":{"value":1},"disk":{}}"#, .diskInfo(of: "mem")),
        (#"{"name":"disk","type":"SCALAR","scalar":{"value":1},"disk":{"source":{"type":"UNKNOWN"}}}"#, .unsupportedSource("UNKNOWN")),
        (#"{"name":"cpus","type":"SCALAR","scalar":{"value":1},"reservation":{}}"#, .unreservedRoleReserved),
        (#"{"name":"cpus","type":"SCALAR","scalar":{"value":1},"role":"r","reservation":{"type":"DYNAMIC"}}"#, .typeOfOlderReservation),
        (#"{"name":"cpus","type":"SCALAR","scalar":{"value":1},"reservations":[{"role":"r"}]}"#, .missingReservationType),
        (#"{"name":"cpus","type":"SCALAR","scalar":{"value":1},"reservations":[{"role":"r","type":"UNKNOWN"}]}"#, .unsupportedReservationType),
        (#"{"name":"cpus","type":"SCALAR","scalar":{"value":1},"shared":{}}"#, .cannotBeShared("cpus"))
    ]

    @Test(arguments: faults)
    func `an invalid resource is refused`(json: String, refusal: ResourceRefusal) throws {
        let message = try Self.read(json)
        #expect(throws: refusal) { try Resource(message) }
        #expect(throws: ResourceRefusal.self) { try Resources([message]) }
    }

    @Test func `lists add up, a shared volume comes back as often as it is used, an older framework can't be told refined ones`() throws {
        let volume = Resource(
            "disk", .scalar(5), reservations: [Reservation(.static, role: "r")],
            disk: Disk(persistence: Disk.Persistence(id: "p"), volume: Disk.Volume(containerPath: "d")), isShared: true)
        let messages = [Resource.scalar("cpus", 1), .scalar("cpus", 2), volume, volume].compactMap { Mesos_V1_Resource($0, in: .postRefinement) }
        let resources = try Resources(messages)
        #expect(resources == Resources([.scalar("cpus", 3), volume, volume]))
        let back = try #require(resources.messages(in: .preRefinement))
        #expect(back.map(\.name).sorted() == ["cpus", "disk", "disk"])
        #expect(try Resources(back) == resources)
        let refined = Resources([Resource("cpus", .scalar(1), reservations: [Reservation(.dynamic, role: "a"), Reservation(.dynamic, role: "a/b")])])
        #expect(refined.messages(in: .preRefinement) == nil && refined.messages(in: .endpoint)?.count == 1)
    }

    @Test func `allocation is filled in where it is missing, and stripped`() {
        let messages = [Resource("cpus", .scalar(1), allocationRole: "a"), .scalar("mem", 1)].compactMap {
            Mesos_V1_Resource($0, in: .postRefinement)
        }
        #expect(messages.allocated(to: "b").map(\.allocationInfo.role) == ["a", "b"])
        #expect(messages.withoutAllocation.allSatisfy { !$0.hasAllocationInfo })
    }

    @Test func `attributes keep name, type and value`() throws {
        for attribute in try Attribute.parse("rack:abc;level:10.5;keys:[1-5,7-7]") {
            #expect(Attribute(Mesos_V1_Attribute(attribute)) == attribute)
        }
        #expect(
            Attribute(
                .with {
                    $0.name = "s"
                    $0.type = .set
                    $0.set.item = ["a"]
                }) == nil)
        #expect(
            Attribute(
                .with {
                    $0.name = "r"
                    $0.type = .ranges
                    $0.ranges.range = [
                        .with {
                            $0.begin = 2
                            $0.end = 1
                        }
                    ]
                }) == nil)
        #expect(
            Attribute(
                .with {
                    $0.name = "x"
                    $0.type = .scalar
                    $0.scalar.value = .nan
                }) == nil)
        #expect(
            Attribute(
                .with {
                    $0.name = "t"
                    $0.type = .text
                }) == nil)
    }
}

struct UUIDTextTests {
    let bytes: [UInt8] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff]

    @Test func `sixteen bytes and their text`() {
        #expect(UUIDText.text(of: bytes) == "00010203-0405-0607-0809-aabbccddeeff")
        #expect(UUIDText.bytes(of: "00010203-0405-0607-0809-AAbbccddeeff") == bytes)
        #expect(Data(wire: bytes).wireBytes == bytes)
    }

    @Test(arguments: [
        "", "00010203-0405-0607-0809-aabbccddeef", "00010203-0405-0607-0809-aabbccddeefg", "000102030405-0607-0809-aabbccddeeff0",
        "é0010203-0405-0607-0809-aabbccddeef"
    ])
    func `other texts and lengths are refused`(text: String) {
        #expect(UUIDText.bytes(of: text) == nil)
        #expect(UUIDText.text(of: Array(text.utf8)) == nil)
    }
}
