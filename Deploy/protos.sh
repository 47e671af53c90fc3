#!/bin/sh
# Renews all code that is generated from our .proto files; what it writes is checked in. Run it after any change of a .proto file.
#
# Needs protoc (3.21 or newer) and, for the launcher's C, protoc-gen-c (protobuf-c-compiler). The Swift plugin is built from the
# swift-protobuf that the package depends on, unless PROTOC_GEN_SWIFT names one.
set -eu
cd "$(dirname "$0")/.."

plugin=${PROTOC_GEN_SWIFT:-}
if [ -z "$plugin" ]; then
    swift build --product protoc-gen-swift
    plugin=$(swift build --show-bin-path)/protoc-gen-swift
fi

mesos=Sources/MesosAPI/Protos
agora=Sources/AgoraAPI/Protos
mesos_files=$(cd $mesos && find mesos -name '*.proto' | LC_ALL=C sort)
agora_files=$(cd $agora && find agora -name '*.proto' | LC_ALL=C sort)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

swift_code() { # generated folder, visibility, mappings, search paths and files
    out=$1 visibility=$2 mappings=$3
    shift 3
    rm -rf "$out"
    mkdir -p "$out"
    protoc --plugin=protoc-gen-swift="$plugin" --swift_out="$out" --swift_opt=Visibility="$visibility" \
        --swift_opt=FileNaming=DropPath --swift_opt=UseAccessLevelOnImports=true --swift_opt=ProtoPathModuleMappings="$mappings" "$@"
}

# Which module a message of another folder comes from.
{
    echo 'mapping { module_name: "MesosAPI"'
    for file in $mesos_files; do echo "  proto_file_path: \"$file\""; done
    echo '}'
} > "$scratch/mappings"
: > "$scratch/none"

swift_code Sources/MesosAPI/Generated Public "$scratch/none" -I $mesos $mesos_files
swift_code Sources/AgoraAPI/Generated Package "$scratch/mappings" -I $agora -I $mesos $agora_files

# The descriptors, by which JSON is read and written.
descriptors() { # name of the constant, generated file, search paths and files
    name=$1 out=$2
    shift 2
    protoc --include_imports --descriptor_set_out="$scratch/descriptors" "$@"
    {
        echo '// Written by Deploy/protos.sh from the .proto files; not to be edited.'
        echo
        echo '/// A FileDescriptorSet with all that it imports, in base64.'
        echo "let $name: StaticString = \"\"\""
        base64 -w 140 "$scratch/descriptors" | sed 's/$/\\/; s/^/    /; $s/\\$//'
        echo '    """'
    } > "$out"
}
descriptors mesosDescriptorSet Sources/MesosAPI/Generated/MesosDescriptorSet.swift -I $mesos $mesos_files
descriptors agoraDescriptorSet Sources/AgoraAPI/Generated/AgoraDescriptorSet.swift -I $agora -I $mesos $agora_files

# C for the launcher, which links protobuf-c instead of a Swift runtime.
launcher=Sources/Agent/Launcher/generated
rm -rf $launcher
mkdir -p $launcher
protoc -I $agora --c_out=$launcher agora/v1/launcher.proto

# A test compares this with the .proto files: who changes one of them and forgets this script is told so.
(cd Sources && for file in $mesos_files; do cat "MesosAPI/Protos/$file"; done; for file in $agora_files; do cat "AgoraAPI/Protos/$file"; done) |
    cksum > Tests/MesosAPITests/protos.cksum
