import JSON
import Machine
import Testing

@testable import ServicesCore

struct ModelFuzzTests {
    /// Changes one place of a JSON value at random.
    private struct Mutator {
        var lottery: SplitMix

        static let words = [
            "", "x", "/", "..", "a/../b", "/A", "host", "container", "container/bridge", "HTTP", "MESOS", "DOCKER", "RW", "true", "disabled", "n1",
            "2021-07-27T10:00:00Z", "(a+)+b", "[", "GROUP_BY", "MAX_PER", "csi", "é", "\u{0}", "unlimited", "COMMAND",
            "MESOS_TCP", "dvdi/driver", "USER"
        ]
        static let names = [
            "id", "cmd", "args", "container", "docker", "portMappings", "networks", "ports", "uris", "ipAddress", "fetch", "persistent", "external",
            "secret", "version", "tcp", "exec", "command", "name", "mode", "network", "credential", "seccomp", "hostPort", "residency", "gpus"
        ]

        mutating func junk() -> JSONValue {
            switch lottery.below(12) {
            case 0: .null
            case 1: .bool(lottery.below(2) == 0)
            case 2: .integer(Int64(lottery.below(5)) - 1)
            case 3: .integer([.max, .min, 65536, 2_147_483_648][lottery.below(4)])
            case 4: .unsigned(.max)
            case 5: .double([0.5, -0.5, 1e300, -1e300, 1e-300, 2.0, .infinity, .nan][lottery.below(8)])
            case 6...8: .string(Self.words[lottery.below(Self.words.count)])
            case 9: .array([])
            case 10: .array([junk(), junk()])
            default: .object(JSONObject([(Self.names[lottery.below(Self.names.count)], junk())]))
            }
        }

        mutating func mutant(of value: JSONValue) -> JSONValue {
            switch value {
            case .array(var values) where !values.isEmpty && lottery.below(8) > 0:
                let index = lottery.below(values.count)
                switch lottery.below(6) {
                case 0: values.remove(at: index)
                case 1: values.append(values[index])
                case 2: values.swapAt(index, lottery.below(values.count))
                default: values[index] = mutant(of: values[index])
                }
                return .array(values)
            case .object(let object) where !object.isEmpty && lottery.below(16) > 0:
                var members = Array(object)
                let index = lottery.below(members.count)
                switch lottery.below(8) {
                case 0: members.remove(at: index)
                case 1: members[index].name = Self.names[lottery.below(Self.names.count)]
                case 2: members.append(JSONObject.Member(name: Self.names[lottery.below(Self.names.count)], value: junk()))
                case 3: members.append(JSONObject.Member(name: members[index].name, value: junk()))
                default: members[index].value = mutant(of: members[index].value)
                }
                return .object(JSONObject(members: members))
            default: return junk()
            }
        }
    }

    @Test func `no mutant of a valid app traps, and what is taken is read back from its own output`() throws {
        var mutator = Mutator(lottery: SplitMix(seed: 2026))
        let samples = try ModelSamples.values()
        var taken = 0
        var refused = 0
        for round in 0..<10_000 {
            var json = samples[round % samples.count]
            for _ in 0...mutator.lottery.below(3) { json = mutator.mutant(of: json) }
            do {
                let app = try Model.app(json, rules: Model.generous)
                taken += 1
                try expectRoundTrip(app)
                try expectChanges(app, by: mutator.mutant(of: samples[mutator.lottery.below(samples.count)]))
            } catch let rejection as ModelRejection {
                refused += 1
                #expect(rejection.violations.allSatisfy { $0.path.hasPrefix("/") && !$0.errors.isEmpty })
                _ = try JSONValue(parsing: Model.text(rejection))
            }
        }
        #expect(taken > 1000 && refused > 1000)
    }

    private func expectRoundTrip(_ app: AppDefinition) throws {
        let text = Model.text(app)
        let output = try JSONValue(parsing: text)
        #expect(try AppDefinition(stored: output) == app, "\(text)")
        #expect(try Model.app(output, rules: Model.generous) == app, "\(text)")
        #expect(try app.changed(by: AppUpdate(output).withoutVersion, rules: Model.generous) == app, "\(text)")
        #expect(!app.isUpgrade(to: app) && app.violations(rules: Model.generous).isEmpty)
        _ = app.unsupported
        var lottery = SplitMix(seed: 1)
        let ports = app.taskPorts(hostPorts: app.requestedHostPorts, using: &lottery)
        let task = TaskID(InstanceID(app.id, uuid: "2b1c8f0e-eec5-11eb-9a03-0242ac130003"), incarnation: 1)
        let environment = TaskEnvironment(of: app, taskID: task, host: "h", ports: ports)
        #expect(Set(environment.variables.map(\.name)).count == environment.variables.count)
        for constraint in app.constraints {
            _ = ConstraintMatcher(constraint).refusal(offered: "eu-1", placed: ["eu-1", nil], instances: app.instances)
        }
    }

    private func expectChanges(_ app: AppDefinition, by json: JSONValue) throws {
        do {
            let changed = try app.changed(by: AppUpdate(json), rules: Model.generous)
            #expect(changed.id == app.id && changed.versionInfo == app.versionInfo)
            #expect(changed.violations(rules: Model.generous).isEmpty)
            _ = app.residentUpdateViolations(to: changed)
        } catch { #expect(!error.message.isEmpty) }
    }

    @Test func `no mutation of the bytes of an app traps`() throws {
        var lottery = SplitMix(seed: 99)
        var parsed = 0
        for round in 0..<10_000 {
            var bytes = Array(ModelSamples.texts[round % ModelSamples.texts.count].utf8)
            for _ in 0...lottery.below(3) {
                let index = lottery.below(bytes.count)
                switch lottery.below(3) {
                case 0: bytes[index] = UInt8(truncatingIfNeeded: lottery.next())
                case 1: bytes.remove(at: index)
                default: bytes.insert("0\"-e9[,}".utf8.randomElement(using: &lottery) ?? 0, at: index)
                }
            }
            guard let json = try? JSONValue(parsing: bytes) else { continue }
            parsed += 1
            _ = Model.rejection(json, rules: Model.generous)
        }
        #expect(parsed > 1000)
    }

    @Test func `each sample is valid, and is read back from its own output`() throws {
        for sample in try ModelSamples.values() { try expectRoundTrip(Model.app(sample, rules: Model.generous)) }
    }
}

extension AppUpdate {
    fileprivate var withoutVersion: AppUpdate {
        var update = self
        update.version = nil
        update.versionInfo = nil
        return update
    }
}
