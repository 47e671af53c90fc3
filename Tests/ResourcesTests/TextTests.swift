import Resources
import Testing

struct TextTests {
    @Test func `the text of resources is read`() throws {
        let text = "cpus:4;mem:1024; ports : [31000-32000, 33000 - 33000];\ndisk(role):100;set:{b, a};;disk(role):0.5;"
        let expected: Resources = [
            .scalar("cpus", 4), .scalar("mem", 1_024), .ranges("ports", Ranges([31_000...32_000, 33_000...33_000])),
            Resource("disk", .scalar(Scalar(thousandths: 100_500)), reservations: [Reservation(.static, role: "role")]),
            .set("set", ItemSet(["a", "b"]))
        ]
        #expect(try Resources(text: text) == expected)
        #expect(try Resources(text: "cpus(*):1;mem:2", defaultRole: "a/b").text == "cpus:1;mem(a/b):2")
        #expect(try Resources(text: " ; ").isEmpty)
        #expect(try Resources(text: "ports:[]").isEmpty)
        #expect(try Resources(text: "cpus:0").isEmpty)
    }

    @Test(
        arguments: [
            ("cpus", 5, "':' is missing after 'cpus'"),
            ("mem:1;cpus", 11, "':' is missing after 'cpus'"),
            (":4", 1, "a name is missing"),
            ("(role):4", 1, "a name is missing"),
            ("cpus:;mem:1", 6, "the value of 'cpus' is missing"),
            ("cpus: four", 7, "'four' is no amount: a number of at least 0, [ranges] or {items} was expected"),
            ("cpus:-1", 6, "'-1' is no amount: a number of at least 0, [ranges] or {items} was expected"),
            ("cpus:1e300", 6, "'1e300' is no amount: a number of at least 0, [ranges] or {items} was expected"),
            ("cpus:1:2", 6, "'1:2' is no amount: a number of at least 0, [ranges] or {items} was expected"),
            ("disk(role:4", 5, "'(' is never closed"),
            ("disk(role)x:4", 11, "only ':' may follow the role"),
            ("disk(a//b):4", 1, "Role 'a//b' cannot contain two adjacent slashes"),
            ("mem:1; disk():4", 8, "Role names cannot be the empty string"),
            ("ports:[1-2", 7, "'[' is never closed"),
            ("ports:[1-2]x", 12, "'x' was not expected after the value"),
            ("ports:[1-2,5]", 12, "'5' is no range of integers such as 31000-32000"),
            ("ports:[1-2,]", 12, "'' is no range of integers such as 31000-32000"),
            ("ports:[2-1]", 8, "Invalid ranges resource: begin > end"),
            ("ports:[1-18446744073709551616]", 8, "'1-18446744073709551616' is no range of integers such as 31000-32000"),
            ("set:{a", 5, "'{' is never closed"),
            ("set:{a,,b}", 8, "an item is empty"),
            ("set:{a,b,a}", 6, "Invalid set resource: duplicated elements"),
            ("x:1;x:{a}", 1, "Resources with the same name ('x') but different types are not allowed")
        ] as [(String, Int, String)])
    func `a text that is none of resources is refused with the place`(_ row: (text: String, position: Int, reason: String)) {
        do {
            _ = try Resources(text: row.text)
            Issue.record("accepted")
        } catch {
            #expect(error.position == row.position)
            #expect(error.description == "at character \(row.position): \(row.reason)")
        }
    }

    @Test func `text and resources turn into each other`() throws {
        var generator = Generator(seed: 30)
        var told = 0
        for _ in 0..<5_000 {
            let list = generator.resources(most: 5).map { resource in
                var resource = resource
                let role = resource.reservedRole
                resource.terms = Terms(reservations: role.map { [Reservation(.static, role: $0)] } ?? [])
                return resource
            }
            let all = Resources(list)
            let text = try #require(all.text)
            #expect(try Resources(text: text) == all)
            #expect(try Resources(text: text).text == text)
            told += text.isEmpty ? 0 : 1
        }
        #expect(told > 3_000)
    }

    @Test(arguments: [
        Resource("cpus", .scalar(1), isRevocable: true), Resource("cpus", .scalar(1), reservations: [Reservation(.dynamic, role: "a")]),
        Resource("cpus", .scalar(1), allocationRole: "a"), Resource("disk", .scalar(1), disk: Disk(source: .init(.path, path: "/p"))),
        .scalar("a;b", 1), .scalar("a(b", 1), .set("s", ItemSet(["a,b"])), .set("s", ItemSet([""])), .scalar(" a", 1)
    ])
    func `what the text form can't tell has none`(_ resource: Resource) {
        #expect(Resources(resource).text == nil)
    }

    @Test func `any bytes are read or refused, and never trap`() {
        var generator = Generator(seed: 31)
        let alphabet = Array("cpus:4;()[]{}-,0123456789.eE+ \n/*aé")
        for _ in 0..<20_000 {
            let text = String((0..<generator.below(24)).map { _ in generator.pick(alphabet) })
            if let all = try? Resources(text: text), let again = all.text { #expect((try? Resources(text: again)) == all) }
            if let attributes = try? Attribute.parse(text) { #expect(attributes.allSatisfy { !$0.name.isEmpty }) }
        }
    }

    @Test func `resources are described for the logs`() {
        let volume = Disk(source: .init(.mount, mount: "/m"), persistence: .init(id: "v"), volume: .init(containerPath: "data"))
        let reservations = [Reservation(.static, role: "eng"), Reservation(.dynamic, role: "eng/web", principal: "ann", labels: [Label("k", "v")])]
        let shared = Resource("disk", .scalar(5), reservations: reservations, allocationRole: "eng/web", disk: volume, isShared: true)
        #expect(
            Resources([shared, shared, .scalar("cpus", 1), Resource("mem", .scalar(2), isRevocable: true)]).description
                == "cpus:1; mem{REV}:2; "
                + "disk(allocated: eng/web)(reservations: [(STATIC,eng),(DYNAMIC,eng/web,ann,{k: v})])[MOUNT:/m,v:data]<SHARED>:5<2>")
        #expect(Resources().description == "{}")
        #expect(Disk(source: .init(.raw, id: "i", profile: "fast", vendor: "acme")).description == "RAW(acme,i,fast)")
        #expect(Disk(volume: .init(containerPath: "c", mode: .readOnly, hostPath: "/h")).description == ":/h:c:ro")
    }
}

struct AttributeTests {
    @Test func `the value of an attribute tells its type`() throws {
        let expected = [
            Attribute("rack", .text("abc")), Attribute("zone", .text("us west")), Attribute("level", .scalar(10)),
            Attribute("keys", .ranges(Ranges(1_000...1_500))), Attribute("url", .text("http://a:1")), Attribute("low", .text("-3")),
            Attribute("big", .text("20240101123456789")), Attribute("none", .text("nan"))
        ]
        let text = "rack:abc; zone : us west ;level:10;keys:[1000-1500];url:http://a:1\nlow:-3;big:20240101123456789;none:nan;"
        #expect(try Attribute.parse(text) == expected)
        #expect(try Attribute.parse("").isEmpty)
        #expect(expected.map(\.description).prefix(4) == ["rack:abc", "zone:us west", "level:10", "keys:[1000-1500]"])
    }

    @Test(
        arguments: [
            ("rack", 5, "':' is missing after 'rack'"), (":a", 1, "a name is missing"), ("a:1;rack:", 10, "the value of 'rack' is missing"),
            ("k:[1-2", 3, "'[' is never closed"), ("k:[a-b]", 4, "'a-b' is no range of integers such as 31000-32000"),
            ("k:{a,b}", 3, "an attribute can't be a set")
        ] as [(String, Int, String)])
    func `a text that is none of attributes is refused with the place`(_ row: (text: String, position: Int, reason: String)) {
        do {
            _ = try Attribute.parse(row.text)
            Issue.record("accepted")
        } catch {
            #expect(error.description == "at character \(row.position): \(row.reason)")
        }
    }
}
