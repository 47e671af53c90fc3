import FrameworkCore
package import JSON

extension Volume {
    func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("containerPath", containerPath)
        switch source {
        case .host(let path): writer.member("hostPath", path)
        case .secret(let key): writer.member("secret", key)
        case .persistent(let volume):
            writer.key(verbatim: "persistent")
            volume.write(into: &writer)
        case .dvdi(let volume):
            writer.key(verbatim: "external")
            volume.write(into: &writer)
        case .csi(let volume):
            writer.key(verbatim: "external")
            volume.write(into: &writer)
        }
        if case .secret = source {} else { writer.member("mode", mode.rawValue) }
        writer.endObject()
    }
}

extension PersistentVolume {
    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", kind.rawValue)
        writer.key(verbatim: "size")
        writer.int(size)
        if let maxSize {
            writer.key(verbatim: "maxSize")
            writer.int(maxSize)
        }
        writer.member("profileName", profileName)
        writer.elements("constraints", constraints, isOmittedWhenEmpty: false) { $1.strings($0) }
        writer.endObject()
    }
}

extension DVDIVolume {
    func write(into writer: inout JSONWriter) {
        writer.beginObject()
        if let size {
            writer.key(verbatim: "size")
            writer.int(size)
        }
        writer.member("name", name)
        writer.member("provider", provider)
        writer.member("options", options, isOmittedWhenEmpty: true)
        writer.member("shared", isShared)
        writer.endObject()
    }
}

extension CSIVolume {
    func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", name)
        writer.member("provider", "csi")
        writer.key(verbatim: "options")
        writer.beginObject()
        writer.member("pluginName", pluginName)
        writer.key(verbatim: "capability")
        writer.beginObject()
        writer.member("accessMode", accessMode.rawValue)
        writer.member("accessType", accessType.rawValue)
        writer.member("fsType", fileSystem)
        writer.strings("mountFlags", mountFlags)
        writer.endObject()
        writer.member("nodeStageSecret", nodeStageSecret, isOmittedWhenEmpty: true)
        writer.member("nodePublishSecret", nodePublishSecret, isOmittedWhenEmpty: true)
        writer.member("volumeContext", volumeContext, isOmittedWhenEmpty: true)
        writer.endObject()
        writer.endObject()
    }
}
