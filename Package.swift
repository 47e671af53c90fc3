// swift-tools-version: 6.2
import PackageDescription

/// The rules of the house, the same for each Swift target.
let house: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    // Tests look inside modules, and one configuration, release, serves run and test (docs/decisions/0003).
    .unsafeFlags(["-enable-testing"])
]

func library(_ name: String, _ path: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/\(path)", exclude: exclude, swiftSettings: house)
}

func program(_ name: String, _ path: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "Sources/\(path)", swiftSettings: house)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], resources: [Resource] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, path: "Tests/\(name)", exclude: exclude, resources: resources, swiftSettings: house)
}

let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let ordered: Target.Dependency = .product(name: "OrderedCollections", package: "swift-collections")
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let heap: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

/// What every server is made of.
let shell: [Target.Dependency] = [
    "Machine", "JSON", "Resources", "MesosAPI", "AgoraAPI", "Store", "Runtime", "Transport",
    protobuf, ordered, deque, logging, nioCore, nioHTTP1, hummingbird, httpClient, lifecycle
]

let targets: [Target] = [
    library("Machine", "Machine"),
    library("JSON", "JSON"),
    library("Resources", "Resources"),
    library("MesosAPI", "MesosAPI", ["JSON", "Resources", protobuf], exclude: ["Protos"]),
    library("AgoraAPI", "AgoraAPI", ["MesosAPI", protobuf], exclude: ["Protos"]),
    library("Store", "Store", ["Machine", grdb]),
    library("Runtime", "Runtime", ["Machine", "Store", deque, logging]),
    library(
        "Transport", "Transport",
        ["CZlib", "Machine", "MesosAPI", logging, nioCore, nioPosix, nioHTTP1, nioSSL, hummingbirdCore, httpClient, lifecycle]),
    .systemLibrary(name: "CZlib", path: "Sources/CZlib"),
    library("MasterCore", "Master/Core", ["Machine", "Resources", "MesosAPI", "AgoraAPI", ordered, deque, protobuf]),
    library("MasterServer", "Master/Server", shell + ["MasterCore"]),
    library("AgentCore", "Agent/Core", ["Machine", "Resources", "MesosAPI", "AgoraAPI", ordered, deque, protobuf], exclude: ["README.md"]),
    library("AgentServer", "Agent/Server", shell + ["AgentCore", nioPosix, nioSSL]),
    library(
        "Scheduling", "Frameworks/Scheduling",
        ["MesosAPI", "Transport", "JSON", protobuf, logging, nioCore, nioPosix, nioHTTP1, nioSSL]),
    library("FrameworkCore", "Frameworks/Core", ["Machine", "JSON", "Resources", "MesosAPI", protobuf]),
    library(
        "FrameworkServer", "Frameworks/Server",
        ["FrameworkCore", "Machine", "Runtime", "Scheduling", "Store", "Transport", "JSON", "MesosAPI", nioHTTP1, lifecycle, logging]),
    library(
        "ServicesCore", "Frameworks/Services/Core",
        ["FrameworkCore", "Machine", "JSON", "Resources", "MesosAPI", "AgoraAPI", ordered, deque, protobuf]),
    library("Schedules", "Frameworks/Batch/Schedules"),
    library("BatchCore", "Frameworks/Batch/Core", ["FrameworkCore", "Schedules", "Machine", "JSON", "Resources", "MesosAPI", deque, protobuf]),
    library("BatchServer", "Frameworks/Batch/Server", shell + ["BatchCore", "Schedules", "FrameworkCore", "FrameworkServer", "Scheduling"]),
    library("ServicesServer", "Frameworks/Services/Server", shell + ["ServicesCore", "FrameworkCore", "FrameworkServer", "Scheduling"]),
    // Linked statically and without Swift's runtime: each monitor is a fork of this program, and its memory is what a container costs.
    .executableTarget(
        name: "agora-launcher", path: "Sources/Agent/Launcher", exclude: ["README.md"],
        cSettings: [.headerSearchPath("generated"), .unsafeFlags(["-std=c11", "-Wall", "-Wextra", "-Werror"])],
        linkerSettings: [.linkedLibrary("protobuf-c"), .unsafeFlags(["-static-executable", "-nostartfiles"])]),
    program("agora-example", "Frameworks/Examples", ["Scheduling", "MesosAPI", arguments, logging]),
    program(
        "agora", "Command",
        shell + [
            "MasterCore", "MasterServer", "AgentCore", "AgentServer", "FrameworkCore", "FrameworkServer", "ServicesCore", "ServicesServer",
            "BatchCore", "BatchServer", "Schedules", arguments
        ]),
    .executableTarget(
        name: "agora-bench",
        dependencies: ["Harness", "Transport", "AgoraAPI", "MesosAPI", "JSON", protobuf, nioHTTP1], path: "Benchmarks/Cluster", swiftSettings: house),
    tests("MachineTests", ["Machine"]),
    tests("JSONTests", ["JSON", "Machine"]),
    tests("ResourcesTests", ["Resources", "Machine"]),
    tests("MesosAPITests", ["Machine", "MesosAPI", "AgoraAPI", "JSON", "Resources", protobuf], exclude: ["messages.tsv", "protos.cksum"]),
    tests("StoreTests", ["Store", "Machine", grdb]),
    tests("RuntimeTests", ["Runtime", "Machine", "Store"]),
    tests("TransportTests", ["Transport", "Machine", nioCore, nioPosix, nioHTTP1, lifecycle, logging]),
    tests("MasterCoreTests", ["MasterCore", "Machine", "Resources", "MesosAPI", "AgoraAPI", protobuf]),
    tests(
        "MasterServerTests",
        ["MasterServer", "MasterCore", "AgoraAPI", "MesosAPI", "JSON", "Resources", "Transport", protobuf, nioCore, nioHTTP1, lifecycle, logging]),
    tests("AgentCoreTests", ["AgentCore", "Machine", "Resources", "MesosAPI", "AgoraAPI", protobuf]),
    tests(
        "AgentServerTests",
        [
            "AgentServer", "AgentCore", "AgoraAPI", "MesosAPI", "JSON", "Transport", "Harness", protobuf, nioCore, nioPosix, nioHTTP1, lifecycle,
            logging
        ]),
    tests("SchedulingTests", ["Scheduling", "MesosAPI", "Transport", protobuf, logging, nioCore, nioHTTP1, lifecycle]),
    .target(name: "OwnThread", path: "Tests/OwnThread", swiftSettings: house),
    tests("LauncherTests", ["AgoraAPI", "OwnThread", protobuf], exclude: ["Unit", "Tools", "Fuzz"]),
    tests("CommandTests", ["agora", "JSON", lifecycle, logging]),
    tests("HouseTests", []),
    .target(
        name: "Harness", dependencies: ["Transport", "JSON", logging, nioCore, nioPosix, nioHTTP1], path: "Tests/Harness", swiftSettings: house),
    tests(
        "EndToEnd",
        [
            "Harness", "OwnThread", "Machine", "Runtime", "MasterCore", "FrameworkCore", "ServicesCore", "BatchCore", "Transport", "JSON", "MesosAPI",
            nioHTTP1, lifecycle, logging, "agora"
        ]),
    .target(
        name: "Simulation",
        dependencies: [
            "Machine", "JSON", "Resources", "MesosAPI", "AgoraAPI", "MasterCore", "MasterServer", "AgentCore", "FrameworkCore", "ServicesCore",
            "BatchCore", "Schedules",
            protobuf, ordered,
            heap
        ],
        path: "Tests/Simulation/Library", swiftSettings: house),
    .executableTarget(name: "agora-simulate", dependencies: ["Simulation", arguments], path: "Tests/Simulation/Command", swiftSettings: house),
    tests("SimulationTests", ["Simulation", "Harness"]),
    tests("Compatibility", ["Harness", "Transport", "JSON", nioHTTP1, "agora"], exclude: ["Python"]),
    tests("SchedulesTests", ["Schedules", "Machine"], exclude: ["Tools", "fire-times.txt"]),
    tests("BatchCoreTests", ["BatchCore", "Schedules", "FrameworkCore", "Machine", "JSON", "Resources", "MesosAPI", protobuf]),
    tests("BatchServerTests", ["BatchServer", "BatchCore", "FrameworkServer", "Transport", "JSON", nioCore, nioPosix, nioHTTP1, lifecycle, logging]),
    tests("FrameworkCoreTests", ["FrameworkCore", "Machine"]),
    tests(
        "ServicesServerTests",
        ["ServicesServer", "FrameworkServer", "ServicesCore", "Transport", "JSON", nioCore, nioPosix, nioHTTP1, lifecycle, logging]),
    tests("ServicesCoreTests", ["ServicesCore", "FrameworkCore", "Machine", "JSON", "Resources", "MesosAPI", protobuf])
]

let package = Package(
    name: "agora",
    dependencies: [
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0")
    ],
    targets: targets
)
