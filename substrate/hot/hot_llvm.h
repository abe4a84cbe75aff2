// SPDX-License-Identifier: MIT
//
// hot_llvm.h: LLVM's C interface, from a shared library that is opened when the first method gets hot.
//
// The library is large (40 MB, or over 100 and 18 ms to open for the distribution's), and many programs never need it;
// so nothing links it, and loam runs without it. A function is called through the structure: `llvm->LLVMBuildAdd(...)`.
// Its field has the function's own name and takes its type from LLVM's header, so that the compiler checks each call.
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
  X(LLVMGetDiagInfoDescription) \
  X(LLVMGetDiagInfoSeverity) \
  X(LLVMInstallFatalErrorHandler) \
  X(LLVMParseCommandLineOptions) \
  X(LLVMGetVersion) \
  X(LLVMDisposeMessage) \
  X(LLVMGetErrorMessage) \
  X(LLVMDisposeErrorMessage) \
  X(LLVMConsumeError) \
  X(LLVMCreateMemoryBufferWithMemoryRange) \
  X(LLVMCreateMemoryBufferWithMemoryRangeCopy) \
  X(LLVMGetBufferStart) \
  X(LLVMGetBufferSize) \
  X(LLVMDisposeMemoryBuffer)

#define HOT_LLVM_TYPE_FUNCTIONS(X) \
  X(LLVMInt1TypeInContext) \
  X(LLVMInt8TypeInContext) \
  X(LLVMInt16TypeInContext) \
  X(LLVMInt32TypeInContext) \
  X(LLVMInt64TypeInContext) \
  X(LLVMIntTypeInContext) \
  X(LLVMDoubleTypeInContext) \
  X(LLVMVoidTypeInContext) \
  X(LLVMPointerTypeInContext) \
  X(LLVMFunctionType) \
  X(LLVMStructTypeInContext) \
  X(LLVMArrayType2) \
  X(LLVMMetadataTypeInContext) \
  X(LLVMTypeOf) \
  X(LLVMGetTypeKind) \
  X(LLVMGetTypeContext) \
  X(LLVMGetIntTypeWidth) \
  X(LLVMGetReturnType) \
  X(LLVMCountParamTypes) \
  X(LLVMGetParamTypes) \
  X(LLVMGetElementType) \
  X(LLVMCountStructElementTypes) \
  X(LLVMGetStructElementTypes) \
  X(LLVMPrintTypeToString)

#define HOT_LLVM_CONSTANT_FUNCTIONS(X) \
  X(LLVMConstInt) \
  X(LLVMConstIntGetZExtValue) \
  X(LLVMConstIntGetSExtValue) \
  X(LLVMConstIntToPtr) \
  X(LLVMConstPtrToInt) \
  X(LLVMConstNull) \
  X(LLVMConstAllOnes) \
  X(LLVMConstReal) \
  X(LLVMConstArray2) \
  X(LLVMConstStructInContext) \
  X(LLVMConstStringInContext2) \
  X(LLVMGetUndef) \
  X(LLVMGetPoison) \
  X(LLVMIsConstant) \
  X(LLVMIsNull) \
  X(LLVMIsAConstantInt) \
  X(LLVMIsAConstantExpr) \
  X(LLVMIsAConstantFP) \
  X(LLVMConstBitCast) \
  X(LLVMGetConstOpcode) \
  X(LLVMBlockAddress)

#define HOT_LLVM_MODULE_FUNCTIONS(X) \
  X(LLVMModuleCreateWithNameInContext) \
  X(LLVMDisposeModule) \
  X(LLVMGetModuleContext) \
  X(LLVMCloneModule) \
  X(LLVMSetDataLayout) \
  X(LLVMGetDataLayoutStr) \
  X(LLVMSetModuleDataLayout) \
  X(LLVMSetTarget) \
  X(LLVMGetTarget) \
  X(LLVMPrintModuleToString) \
  X(LLVMPrintModuleToFile) \
  X(LLVMVerifyModule) \
  X(LLVMVerifyFunction) \
  X(LLVMGetBitcodeModuleInContext2) \
  X(LLVMParseBitcodeInContext2) \
  X(LLVMParseIRInContext) \
  X(LLVMWriteBitcodeToMemoryBuffer) \
  X(LLVMLinkModules2) \
  X(LLVMGetNamedGlobal) \
  X(LLVMGetFirstGlobal) \
  X(LLVMGetNextGlobal) \
  X(LLVMAddGlobal) \
  X(LLVMDeleteGlobal) \
  X(LLVMSetInitializer) \
  X(LLVMGetInitializer) \
  X(LLVMSetGlobalConstant) \
  X(LLVMIsDeclaration) \
  X(LLVMSetLinkage) \
  X(LLVMGetLinkage) \
  X(LLVMSetVisibility) \
  X(LLVMSetSection) \
  X(LLVMSetAlignment) \
  X(LLVMGetAlignment) \
  X(LLVMSetUnnamedAddress)

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
  X(LLVMCreateTypeAttribute) \
  X(LLVMCreateStringAttribute) \
  X(LLVMGetEnumAttributeKindForName) \
  X(LLVMAddAttributeAtIndex) \
  X(LLVMRemoveEnumAttributeAtIndex) \
  X(LLVMGetEnumAttributeAtIndex) \
  X(LLVMGetEnumAttributeValue) \
  X(LLVMGetAttributeCountAtIndex) \
  X(LLVMGetAttributesAtIndex) \
  X(LLVMAddCallSiteAttribute) \
  X(LLVMGetValueName2) \
  X(LLVMSetValueName2) \
  X(LLVMPrintValueToString) \
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
  X(LLVMGetIntrinsicID) \
  X(LLVMLookupIntrinsicID) \
  X(LLVMGetIntrinsicDeclaration) \
  X(LLVMGetInlineAsm) \
  X(LLVMIsAInlineAsm) \
  X(LLVMGetInlineAsmAsmString) \
  X(LLVMGetInlineAsmConstraintString)

#define HOT_LLVM_BLOCK_FUNCTIONS(X) \
  X(LLVMAppendBasicBlockInContext) \
  X(LLVMInsertBasicBlockInContext) \
  X(LLVMDeleteBasicBlock) \
  X(LLVMMoveBasicBlockAfter) \
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
  X(LLVMGetLastInstruction) \
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
  X(LLVMSetVolatile) \
  X(LLVMSetOrdering) \
  X(LLVMMDNodeInContext2) \
  X(LLVMMDStringInContext2) \
  X(LLVMSetMetadata) \
  X(LLVMGetMetadata) \
  X(LLVMGetMDKindIDInContext) \
  X(LLVMGetMDNodeNumOperands) \
  X(LLVMGetMDNodeOperands) \
  X(LLVMMetadataAsValue) \
  X(LLVMValueAsMetadata) \
  X(LLVMAddModuleFlag) \
  X(LLVMGetModuleFlag)

#define HOT_LLVM_BUILDER_FUNCTIONS(X) \
  X(LLVMCreateBuilderInContext) \
  X(LLVMDisposeBuilder) \
  X(LLVMPositionBuilder) \
  X(LLVMPositionBuilderAtEnd) \
  X(LLVMPositionBuilderBefore) \
  X(LLVMGetInsertBlock) \
  X(LLVMBuildAlloca) \
  X(LLVMBuildLoad2) \
  X(LLVMBuildStore) \
  X(LLVMBuildFence) \
  X(LLVMBuildAtomicRMW) \
  X(LLVMBuildMemSet) \
  X(LLVMBuildMemCpy) \
  X(LLVMBuildGEP2) \
  X(LLVMBuildInBoundsGEP2) \
  X(LLVMBuildStructGEP2) \
  X(LLVMBuildGlobalString) \
  X(LLVMBuildICmp) \
  X(LLVMBuildFCmp) \
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
  X(LLVMBuildSwitch) \
  X(LLVMAddCase) \
  X(LLVMBuildIndirectBr) \
  X(LLVMAddDestination) \
  X(LLVMBuildCall2) \
  X(LLVMBuildRet) \
  X(LLVMBuildRetVoid) \
  X(LLVMBuildUnreachable) \
  X(LLVMBuildExtractValue) \
  X(LLVMBuildInsertValue) \
  X(LLVMBuildPtrToInt) \
  X(LLVMBuildIntToPtr) \
  X(LLVMBuildBitCast) \
  X(LLVMBuildZExt) \
  X(LLVMBuildSExt) \
  X(LLVMBuildTrunc) \
  X(LLVMBuildAnd) \
  X(LLVMBuildOr) \
  X(LLVMBuildXor) \
  X(LLVMBuildNot) \
  X(LLVMBuildNeg) \
  X(LLVMBuildAdd) \
  X(LLVMBuildSub) \
  X(LLVMBuildMul) \
  X(LLVMBuildShl) \
  X(LLVMBuildLShr) \
  X(LLVMBuildAShr) \
  X(LLVMBuildBinOp) \
  X(LLVMBuildCast) \
  X(LLVMBuildFreeze)

#define HOT_LLVM_TARGET_FUNCTIONS(X) \
  X(LLVMInitializeX86TargetInfo) \
  X(LLVMInitializeX86Target) \
  X(LLVMInitializeX86TargetMC) \
  X(LLVMInitializeX86AsmPrinter) \
  X(LLVMInitializeX86AsmParser) \
  X(LLVMInitializeX86Disassembler) \
  X(LLVMGetTargetFromTriple) \
  X(LLVMGetDefaultTargetTriple) \
  X(LLVMGetHostCPUName) \
  X(LLVMGetHostCPUFeatures) \
  X(LLVMCreateTargetMachine) \
  X(LLVMDisposeTargetMachine) \
  X(LLVMTargetMachineEmitToMemoryBuffer) \
  X(LLVMSetTargetMachineFastISel) \
  X(LLVMCreateTargetDataLayout) \
  X(LLVMDisposeTargetData) \
  X(LLVMCopyStringRepOfTargetData) \
  X(LLVMRunPasses) \
  X(LLVMCreatePassBuilderOptions) \
  X(LLVMDisposePassBuilderOptions) \
  X(LLVMPassBuilderOptionsSetVerifyEach) \
  X(LLVMPassBuilderOptionsSetDebugLogging) \
  X(LLVMPassBuilderOptionsSetLoopInterleaving) \
  X(LLVMPassBuilderOptionsSetLoopVectorization) \
  X(LLVMPassBuilderOptionsSetSLPVectorization) \
  X(LLVMPassBuilderOptionsSetLoopUnrolling) \
  X(LLVMPassBuilderOptionsSetForgetAllSCEVInLoopUnroll) \
  X(LLVMPassBuilderOptionsSetMergeFunctions) \
  X(LLVMPassBuilderOptionsSetInlinerThreshold) \
  X(LLVMCreateDisasm) \
  X(LLVMCreateDisasmCPU) \
  X(LLVMSetDisasmOptions) \
  X(LLVMDisasmInstruction) \
  X(LLVMDisasmDispose)

#define HOT_LLVM_FUNCTIONS(X) \
  HOT_LLVM_CONTEXT_FUNCTIONS(X) \
  HOT_LLVM_TYPE_FUNCTIONS(X) \
  HOT_LLVM_CONSTANT_FUNCTIONS(X) \
  HOT_LLVM_MODULE_FUNCTIONS(X) \
  HOT_LLVM_VALUE_FUNCTIONS(X) \
  HOT_LLVM_BLOCK_FUNCTIONS(X) \
  HOT_LLVM_BUILDER_FUNCTIONS(X) \
  HOT_LLVM_TARGET_FUNCTIONS(X)

struct hot_llvm {
#define HOT_LLVM_FIELD(name) __typeof__(name) *name;
  HOT_LLVM_FUNCTIONS(HOT_LLVM_FIELD)
#undef HOT_LLVM_FIELD
};

// What this thread does about an error behind which LLVM can't go on: `handle` must not return, or the process ends.
// The library's state for other threads is good then. NULL, as it starts: nothing. Memory that runs out is not such an
// error: LLVM ends the process.
void hot_llvm_on_fatal(void (*handle)(void *context, const char *reason), void *context);

// LLVM, ready for x86-64 code. Opens it on the first call in this process; it stays open. NULL with LOAM_ERR_FILE and a
// sentence that says what was looked for when it can't be opened, at every call. Any thread may call.
const struct hot_llvm *hot_llvm_open(struct error *err);

#endif
