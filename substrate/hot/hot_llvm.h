// SPDX-License-Identifier: MIT
//
// hot_llvm.h: LLVM's C interface, from shared libraries that are opened when the first method gets hot.
//
// There are two. Loam's own has what hot code takes: IR and the passes on it, no machine code. It is a fifth of the
// distribution's, and opens in a fifth of the time. That one has all: machine code of what hot_quick.h doesn't know,
// and listings. Many programs need neither; so nothing links them, and loam runs without them. A function is called
// through the structure: `llvm->LLVMBuildAdd(...)`. Its field has the function's own name and takes its type from
// LLVM's header, so that the compiler checks each call.
//
// Only version 19 is looked for: the bitcode of the guests' ops was made by clang 19, and LLVM's C interface may change
// between versions.
#ifndef LOAM_HOT_HOT_LLVM_H
#define LOAM_HOT_HOT_LLVM_H

#include "loam/rt.h"

#include <llvm-c/Analysis.h>
#include <llvm-c/BitReader.h>
#include <llvm-c/BitWriter.h>
#include <llvm-c/Core.h>
#include <llvm-c/Disassembler.h>
#include <llvm-c/Error.h>
#include <llvm-c/ErrorHandling.h>
#include <llvm-c/IRReader.h>
#include <llvm-c/Linker.h>
#include <llvm-c/Support.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>
#include <llvm-c/Transforms/PassBuilder.h>

#define HOT_LLVM_CONTEXT_FUNCTIONS(X) \
  X(LLVMContextCreate) \
  X(LLVMContextDispose) \
  X(LLVMContextSetDiagnosticHandler) \
  X(LLVMContextSetDiscardValueNames) \
  X(LLVMInstallFatalErrorHandler) \
  X(LLVMGetVersion) \
  X(LLVMDisposeMessage) \
  X(LLVMGetErrorMessage) \
  X(LLVMDisposeErrorMessage) \
  X(LLVMConsumeError) \
  X(LLVMCreateMemoryBufferWithMemoryRange) \
  X(LLVMGetBufferStart) \
  X(LLVMGetBufferSize) \
  X(LLVMDisposeMemoryBuffer)

#define HOT_LLVM_TYPE_FUNCTIONS(X) \
  X(LLVMInt1TypeInContext) \
  X(LLVMInt8TypeInContext) \
  X(LLVMInt32TypeInContext) \
  X(LLVMInt64TypeInContext) \
  X(LLVMIntTypeInContext) \
  X(LLVMVoidTypeInContext) \
  X(LLVMPointerTypeInContext) \
  X(LLVMFunctionType) \
  X(LLVMArrayType2) \
  X(LLVMTypeOf) \
  X(LLVMGetTypeKind) \
  X(LLVMGetTypeContext) \
  X(LLVMGetIntTypeWidth) \
  X(LLVMCountParamTypes) \
  X(LLVMCountStructElementTypes) \
  X(LLVMGetStructElementTypes)

#define HOT_LLVM_CONSTANT_FUNCTIONS(X) \
  X(LLVMConstInt) \
  X(LLVMConstIntGetZExtValue) \
  X(LLVMConstIntGetSExtValue) \
  X(LLVMConstIntToPtr) \
  X(LLVMConstNull) \
  X(LLVMGetPoison) \
  X(LLVMIsConstant) \
  X(LLVMIsNull) \
  X(LLVMIsAConstantInt) \
  X(LLVMIsAConstantExpr) \
  X(LLVMIsAConstantFP) \
  X(LLVMConstBitCast) \
  X(LLVMGetConstOpcode)

#define HOT_LLVM_MODULE_FUNCTIONS(X) \
  X(LLVMModuleCreateWithNameInContext) \
  X(LLVMDisposeModule) \
  X(LLVMGetModuleContext) \
  X(LLVMSetDataLayout) \
  X(LLVMGetDataLayoutStr) \
  X(LLVMSetTarget) \
  X(LLVMGetTarget) \
  X(LLVMPrintModuleToString) \
  X(LLVMVerifyModule) \
  X(LLVMGetBitcodeModuleInContext2) \
  X(LLVMParseBitcodeInContext2) \
  X(LLVMWriteBitcodeToMemoryBuffer) \
  X(LLVMLinkModules2) \
  X(LLVMGetNamedGlobal) \
  X(LLVMGetFirstGlobal) \
  X(LLVMAddGlobal) \
  X(LLVMIsDeclaration) \
  X(LLVMSetLinkage) \
  X(LLVMSetAlignment)

#define HOT_LLVM_VALUE_FUNCTIONS(X) \
  X(LLVMAddFunction) \
  X(LLVMGetNamedFunction) \
  X(LLVMGetFirstFunction) \
  X(LLVMGetNextFunction) \
  X(LLVMDeleteFunction) \
  X(LLVMSetFunctionCallConv) \
  X(LLVMGetFunctionCallConv) \
  X(LLVMCountParams) \
  X(LLVMGetParam) \
  X(LLVMGlobalGetValueType) \
  X(LLVMCreateEnumAttribute) \
  X(LLVMCreateStringAttribute) \
  X(LLVMGetEnumAttributeKindForName) \
  X(LLVMAddAttributeAtIndex) \
  X(LLVMGetEnumAttributeAtIndex) \
  X(LLVMGetEnumAttributeValue) \
  X(LLVMGetAttributeCountAtIndex) \
  X(LLVMGetAttributesAtIndex) \
  X(LLVMAddCallSiteAttribute) \
  X(LLVMGetValueName2) \
  X(LLVMReplaceAllUsesWith) \
  X(LLVMGetFirstUse) \
  X(LLVMGetNextUse) \
  X(LLVMGetUser) \
  X(LLVMGetOperand) \
  X(LLVMSetOperand) \
  X(LLVMGetNumOperands) \
  X(LLVMIsAFunction) \
  X(LLVMIsAGlobalVariable) \
  X(LLVMIsACallInst) \
  X(LLVMIsAPHINode) \
  X(LLVMIsAUndefValue) \
  X(LLVMIsAInstruction) \
  X(LLVMGetInlineAsm) \
  X(LLVMIsAInlineAsm) \
  X(LLVMGetInlineAsmAsmString) \
  X(LLVMGetInlineAsmConstraintString)

#define HOT_LLVM_BLOCK_FUNCTIONS(X) \
  X(LLVMAppendBasicBlockInContext) \
  X(LLVMInsertBasicBlockInContext) \
  X(LLVMDeleteBasicBlock) \
  X(LLVMGetFirstBasicBlock) \
  X(LLVMGetNextBasicBlock) \
  X(LLVMGetEntryBasicBlock) \
  X(LLVMGetBasicBlockParent) \
  X(LLVMGetBasicBlockTerminator) \
  X(LLVMBasicBlockAsValue) \
  X(LLVMValueAsBasicBlock) \
  X(LLVMGetSuccessor) \
  X(LLVMSetSuccessor) \
  X(LLVMGetCondition) \
  X(LLVMGetNumSuccessors) \
  X(LLVMCountBasicBlocks) \
  X(LLVMGetFirstInstruction) \
  X(LLVMGetNextInstruction) \
  X(LLVMGetPreviousInstruction) \
  X(LLVMGetInstructionParent) \
  X(LLVMGetInstructionOpcode) \
  X(LLVMGetICmpPredicate) \
  X(LLVMGetFCmpPredicate) \
  X(LLVMGetOrdering) \
  X(LLVMGetAllocatedType) \
  X(LLVMGetNumIndices) \
  X(LLVMGetIndices) \
  X(LLVMGetGEPSourceElementType) \
  X(LLVMInstructionEraseFromParent) \
  X(LLVMInstructionRemoveFromParent) \
  X(LLVMGetCalledValue) \
  X(LLVMGetCalledFunctionType) \
  X(LLVMGetNumArgOperands) \
  X(LLVMSetInstructionCallConv) \
  X(LLVMGetInstructionCallConv) \
  X(LLVMSetTailCall) \
  X(LLVMSetTailCallKind) \
  X(LLVMSetOrdering) \
  X(LLVMMDNodeInContext2) \
  X(LLVMMDStringInContext2) \
  X(LLVMSetMetadata) \
  X(LLVMGetMetadata) \
  X(LLVMGetMDKindIDInContext) \
  X(LLVMGetMDNodeNumOperands) \
  X(LLVMGetMDNodeOperands) \
  X(LLVMMetadataAsValue) \
  X(LLVMValueAsMetadata)

#define HOT_LLVM_BUILDER_FUNCTIONS(X) \
  X(LLVMCreateBuilderInContext) \
  X(LLVMDisposeBuilder) \
  X(LLVMPositionBuilderAtEnd) \
  X(LLVMPositionBuilderBefore) \
  X(LLVMGetInsertBlock) \
  X(LLVMBuildAlloca) \
  X(LLVMBuildLoad2) \
  X(LLVMBuildStore) \
  X(LLVMBuildInBoundsGEP2) \
  X(LLVMBuildICmp) \
  X(LLVMBuildSelect) \
  X(LLVMBuildPhi) \
  X(LLVMAddIncoming) \
  X(LLVMCountIncoming) \
  X(LLVMGetIncomingValue) \
  X(LLVMGetIncomingBlock) \
  X(LLVMInstructionClone) \
  X(LLVMInsertIntoBuilder) \
  X(LLVMBuildBr) \
  X(LLVMBuildCondBr) \
  X(LLVMBuildCall2) \
  X(LLVMBuildRetVoid) \
  X(LLVMBuildUnreachable) \
  X(LLVMBuildPtrToInt) \
  X(LLVMBuildIntToPtr) \
  X(LLVMBuildZExt) \
  X(LLVMBuildSExt) \
  X(LLVMBuildTrunc) \
  X(LLVMBuildAnd) \
  X(LLVMBuildOr) \
  X(LLVMBuildXor) \
  X(LLVMBuildAdd) \
  X(LLVMBuildSub) \
  X(LLVMBuildMul) \
  X(LLVMBuildShl) \
  X(LLVMBuildLShr) \
  X(LLVMBuildAShr) \
  X(LLVMBuildBinOp) \
  X(LLVMBuildCast)

#define HOT_LLVM_PASS_FUNCTIONS(X) \
  X(LLVMRunPasses) \
  X(LLVMCreatePassBuilderOptions) \
  X(LLVMDisposePassBuilderOptions)

// What loam's own library has: of IR, and the passes on it.
#define HOT_LLVM_IR_FUNCTIONS(X) \
  HOT_LLVM_CONTEXT_FUNCTIONS(X) \
  HOT_LLVM_TYPE_FUNCTIONS(X) \
  HOT_LLVM_CONSTANT_FUNCTIONS(X) \
  HOT_LLVM_MODULE_FUNCTIONS(X) \
  HOT_LLVM_VALUE_FUNCTIONS(X) \
  HOT_LLVM_BLOCK_FUNCTIONS(X) \
  HOT_LLVM_BUILDER_FUNCTIONS(X) \
  HOT_LLVM_PASS_FUNCTIONS(X)

// What the distribution's has beside: machine code, and IR and machine code as text.
#define HOT_LLVM_MACHINE_FUNCTIONS(X) \
  X(LLVMInitializeX86TargetInfo) \
  X(LLVMInitializeX86Target) \
  X(LLVMInitializeX86TargetMC) \
  X(LLVMInitializeX86AsmPrinter) \
  X(LLVMInitializeX86AsmParser) \
  X(LLVMInitializeX86Disassembler) \
  X(LLVMGetTargetFromTriple) \
  X(LLVMGetHostCPUName) \
  X(LLVMGetHostCPUFeatures) \
  X(LLVMCreateTargetMachine) \
  X(LLVMDisposeTargetMachine) \
  X(LLVMTargetMachineEmitToMemoryBuffer) \
  X(LLVMCreateTargetDataLayout) \
  X(LLVMCopyStringRepOfTargetData) \
  X(LLVMDisposeTargetData) \
  X(LLVMCreateDisasm) \
  X(LLVMSetDisasmOptions) \
  X(LLVMDisasmInstruction) \
  X(LLVMDisasmDispose) \
  X(LLVMCreateMemoryBufferWithMemoryRangeCopy) \
  X(LLVMParseIRInContext)

struct hot_llvm {
#define HOT_LLVM_FIELD(name) __typeof__(name) *name;
  HOT_LLVM_IR_FUNCTIONS(HOT_LLVM_FIELD)
  HOT_LLVM_MACHINE_FUNCTIONS(HOT_LLVM_FIELD)
#undef HOT_LLVM_FIELD
};

// What this thread does about an error behind which LLVM can't go on: `handle` must not return, or the process ends.
// The library's state for other threads is good then. NULL, as it starts: nothing. Memory that runs out is not such an
// error: LLVM ends the process.
void hot_llvm_on_fatal(void (*handle)(void *context, const char *reason), void *context);

// What IR is made for. The layout is the bodies' and LLVM's own for that machine.
#define HOT_LLVM_TRIPLE "x86_64-unknown-linux-gnu"
#define HOT_LLVM_LAYOUT "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

// LLVM, for IR and passes: the fields of HOT_LLVM_IR_FUNCTIONS are there. Opens loam's own library on the first call in
// this process, or the distribution's when there is none; it stays open. NULL with LOAM_ERR_FILE and a sentence that
// says what was looked for when it can't be opened, at every call. Any thread may call.
const struct hot_llvm *hot_llvm_open(struct error *err);
// The same of the distribution's, ready for x86-64 code: all fields are there. What one library made the other doesn't
// know: IR goes between them as bitcode.
const struct hot_llvm *hot_llvm_open_machine(struct error *err);

// A context that keeps errors to itself: the functions that were called fail. The caller disposes of it.
LLVMContextRef hot_llvm_make_context(const struct hot_llvm *llvm);

#endif
